import { batchExecute, type Item, quotedTable } from '../aws/dynamodb';
import { isRetryable } from '../aws/errors';
import type { AwsCaller } from '../aws/json-client';
import { RetryPolicy } from '../retry/retry';
import { scanTable } from './table-scan';

/** The end of a chain: what decides which of several writers' objects belongs to it. */
export interface ArchiveHead {
  /** Number of the last manifest. */
  readonly number: number;
  /** Of the last change in the chain, as `comparableSequence` writes it. */
  readonly lastSequence: string;
  readonly manifestKey: string;
  /** Text of the last manifest: whoever comes next stores it, should its writer have died. */
  readonly manifest: string;
}

/** `conflict`: the head is not as it was read; read it again. `failed`: it may have moved or not; read it again, later. */
export type AdvanceResult = 'advanced' | 'conflict' | 'failed';

/** The heads of all chains, by name of the chain. */
export interface ArchiveHeads {
  /** Reads a head, consistently. @throws AwsServiceError or AwsConnectionError when the table does not answer before the deadline */
  read(chain: string, deadline?: number): Promise<ArchiveHead | undefined>;

  /**
   * Moves a head on the condition that it still is as it was read: a compare-and-set on `lastSequence`. One attempt.
   *
   * @param readSequence `lastSequence` as it was read; undefined where there was no head
   * @throws AwsServiceError when the table refuses for a reason that does not pass by itself
   */
  advance(chain: string, next: ArchiveHead, readSequence: string | undefined): Promise<AdvanceResult>;

  /** Every head there is. */
  all(): AsyncIterable<{ readonly chain: string; readonly head: ArchiveHead }>;
}

export interface ArchiveHeadTableOptions {
  readonly dynamodb: AwsCaller;
  readonly table: string;
  /** @default - RetryPolicy with its defaults */
  readonly retry?: RetryPolicy;
}

const SORT_KEY = 'head';

/** The heads in DynamoDB, one row for each shard of the ledger's table streams. */
export class ArchiveHeadTable implements ArchiveHeads {
  private readonly dynamodb: AwsCaller;
  private readonly table: string;
  private readonly retry: RetryPolicy;
  private readonly insertStatement: string;
  private readonly updateStatement: string;

  public constructor(options: ArchiveHeadTableOptions) {
    this.dynamodb = options.dynamodb;
    this.table = options.table;
    this.retry = options.retry ?? new RetryPolicy();
    const table = quotedTable(options.table);
    this.insertStatement = `INSERT INTO ${table} VALUE {'pk': ?, 'sk': ?, 'number': ?, 'lastSequence': ?, 'manifestKey': ?, 'manifest': ?}`;
    this.updateStatement = `UPDATE ${table} SET "number" = ?, "lastSequence" = ?, "manifestKey" = ?, "manifest" = ? `
      + 'WHERE "pk" = ? AND "sk" = ? AND "lastSequence" = ?';
  }

  public async read(chain: string, deadline?: number): Promise<ArchiveHead | undefined> {
    const input = { TableName: this.table, Key: { pk: { S: chain }, sk: { S: SORT_KEY } }, ConsistentRead: true };
    const { Item: item } = await this.retry.run(() => this.dynamodb.call<{ Item?: Item }>('GetItem', input), { deadline });
    return item && head(item);
  }

  public async advance(chain: string, next: ArchiveHead, readSequence: string | undefined): Promise<AdvanceResult> {
    const key = [{ S: chain }, { S: SORT_KEY }];
    const values = [{ N: String(next.number) }, { S: next.lastSequence }, { S: next.manifestKey }, { S: next.manifest }];
    const statement = readSequence === undefined
      ? { Statement: this.insertStatement, Parameters: [...key, ...values] }
      : { Statement: this.updateStatement, Parameters: [...values, ...key, { S: readSequence }] };
    try {
      const [{ Error: error }] = await batchExecute(this.dynamodb, [statement]);
      if (error === undefined) {
        return 'advanced';
      }
      return error.Code === 'ConditionalCheckFailed' || error.Code === 'DuplicateItem' ? 'conflict' : 'failed';
    } catch (error) {
      if (!isRetryable(error)) {
        throw error;
      }
      return 'failed';
    }
  }

  public async* all(): AsyncGenerator<{ readonly chain: string; readonly head: ArchiveHead }> {
    for await (const item of scanTable(this.dynamodb, this.table, this.retry)) {
      yield { chain: item.pk?.S ?? '', head: head(item) };
    }
  }
}

function head(item: Item): ArchiveHead {
  return {
    number: Number(item.number?.N),
    lastSequence: item.lastSequence?.S ?? '',
    manifestKey: item.manifestKey?.S ?? '',
    manifest: item.manifest?.S ?? '',
  };
}
