import type { Item } from '../aws/dynamodb';
import type { AwsCaller } from '../aws/json-client';
import { isBucketMark } from '../sharding/bucket-mark';
import type { DirectoryLease } from '../sharding/directory-lease';

/** Thrown for what goes by a version of the shard directory that is no longer in force: nothing was written; the next batch goes by the newer one. */
export class DirectoryMovedError extends Error {
  public constructor() {
    super('a newer version of the shard directory is in force');
    this.name = 'DirectoryMovedError';
  }
}

/** Makes calls only while one version of the shard directory is certain to be in force. */
export class FencedCaller implements AwsCaller {
  public constructor(private readonly dynamodb: AwsCaller, private readonly lease: DirectoryLease, private readonly version: number) {}

  /** @throws DirectoryMovedError, DirectoryLapsedError, or what the table throws */
  public async call<Output>(operation: string, input: object): Promise<Output> {
    if (!this.lease.isInForce(this.version)) {
      const { version } = await this.lease.current();
      if (version.number !== this.version) {
        throw new DirectoryMovedError();
      }
    }
    return this.dynamodb.call<Output>(operation, input);
  }
}

/**
 * A caller that never hands a mark to who takes every item for a row. A mark in the bucket of now is one of a version that this worker does not know
 * yet, because its clock is behind or it was frozen.
 */
export function refusingMarks(dynamodb: AwsCaller): AwsCaller {
  return {
    call: async <Output>(operation: string, input: object): Promise<Output> => {
      const output = await dynamodb.call<Output>(operation, input);
      const tables = (output as { readonly Responses?: Readonly<Record<string, unknown>> | readonly unknown[] }).Responses;
      if (operation === 'BatchGetItem' && Object.values(tables ?? {}).some((items) => (items as Item[]).some(isBucketMark))) {
        throw new DirectoryMovedError();
      }
      return output;
    },
  };
}
