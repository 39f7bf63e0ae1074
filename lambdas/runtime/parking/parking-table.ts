import type { Item } from '../aws/dynamodb';
import { AwsServiceError } from '../aws/errors';
import type { AwsCaller } from '../aws/json-client';
import type { RetryPolicy } from '../retry/retry';
import { type ParkedKey, partKey, partsOf } from './parked-item';

export interface ParkingTableOptions {
  readonly dynamodb: AwsCaller;
  readonly table: string;
  readonly retry: RetryPolicy;
}

/** Items of the parking table: consistent reads and conditional writes. */
export class ParkingTable {
  public constructor(private readonly options: ParkingTableOptions) {}

  /** @throws AwsServiceError or AwsConnectionError when the table does not answer; so do all methods */
  public async get(key: ParkedKey): Promise<Item | undefined> {
    const { Item: item } = await this.call<{ Item?: Item }>('GetItem', { Key: keyItem(key), ConsistentRead: true });
    return item;
  }

  /** The whole payload of an item; undefined when a part of it is gone. */
  public async payload(key: ParkedKey, item: Item): Promise<Buffer | undefined> {
    const parts = [Buffer.from(item.payload?.B ?? '', 'base64')];
    for (let part = 1; part < partsOf(item); part++) {
      const further = await this.get(partKey(key, item.digest?.S ?? '', part));
      if (further === undefined) {
        return undefined;
      }
      parts.push(Buffer.from(further.payload?.B ?? '', 'base64'));
    }
    return parts.length === 1 ? parts[0] : Buffer.concat(parts);
  }

  /** One page of a query or scan. */
  public page(operation: 'Query' | 'Scan', input: object): Promise<{ readonly Items?: readonly Item[]; readonly LastEvaluatedKey?: Item }> {
    return this.call(operation, { ConsistentRead: true, ...input });
  }

  /** @returns false when the condition of the write did not hold, which it does not either after an own attempt whose answer was lost */
  public async write(operation: 'PutItem' | 'UpdateItem' | 'DeleteItem', input: object): Promise<boolean> {
    try {
      await this.call(operation, input);
      return true;
    } catch (error) {
      if (error instanceof AwsServiceError && error.code === 'ConditionalCheckFailedException') {
        return false;
      }
      throw error;
    }
  }

  private call<Output>(operation: string, input: object): Promise<Output> {
    const { dynamodb, table, retry } = this.options;
    return retry.run(() => dynamodb.call<Output>(operation, { TableName: table, ...input }));
  }
}

/** A key as DynamoDB takes it. */
export function keyItem({ pk, sk }: ParkedKey): Item {
  return { pk: { S: pk }, sk: { S: sk } };
}
