import { batchExecute, batchGet, type Item, keyText, quotedTable, type Statement } from '../aws/dynamodb';
import { chunksOf, forEachConcurrently } from '../aws/concurrency';
import type { AwsCaller } from '../aws/json-client';
import { isRetryable } from '../aws/errors';
import type { ConsistencyOptions } from '../ledger/ledger';
import { RetryPolicy } from '../retry/retry';
import { STATEMENTS_PER_CALL } from '../limits';

/** What a merchant has in one currency, in minor units. Sums pass 2^53, so they are bigint. */
export interface Balance {
  /** Payments minus refunds, without what is held and what was paid out. */
  readonly available: bigint;
  /** Holds minus what was released or paid out of them. */
  readonly held: bigint;
}

/** The share of a balance that came through one shard of a ledger table's stream. */
export interface BalanceRowKey {
  readonly merchantId: string;
  /** ISO 4217 alphabetic code. */
  readonly currency: string;
  /** Names the table stream and its shard, see `streamShardName`. */
  readonly streamShard: string;
}

export interface BalanceRow extends Balance {
  /** Ledger rows that had an effect on this row. */
  readonly count: bigint;
  /** Highest sequence number of the shard that is contained, as `comparableSequence` writes it. */
  readonly lastSequence: string;
}

/** A row's next value, to be written only while the row is as it was read. */
export interface BalanceChange {
  readonly key: BalanceRowKey;
  readonly next: BalanceRow;
  /** `lastSequence` as it was read. @default - there was no row */
  readonly readSequence?: string;
}

/** `conflict`: the row is not as it was read; read it again. `failed`: it may be written or not; read it again, later. */
export type ChangeResult = 'written' | 'conflict' | 'failed';

/** What the projector needs of the balances. */
export interface BalanceRows {
  /**
   * Reads rows, consistently.
   *
   * @param keys different keys
   * @param deadline in milliseconds since 1970. @default - none
   * @returns in the same order; undefined where there is no row
   * @throws AwsServiceError or AwsConnectionError when the table does not answer before the deadline
   */
  read(keys: readonly BalanceRowKey[], deadline?: number): Promise<(BalanceRow | undefined)[]>;

  /**
   * Writes each row on the condition that it still is as it was read: a compare-and-set on `lastSequence`. One attempt
   * a row: what did not succeed must be read again before it is tried again.
   *
   * @param changes of different rows
   * @returns results in the same order
   * @throws AwsServiceError when the table refuses for a reason that does not pass by itself
   */
  compareAndSet(changes: readonly BalanceChange[]): Promise<ChangeResult[]>;
}

export interface BalanceTableOptions {
  readonly dynamodb: AwsCaller;
  readonly table: string;
  /** @default - RetryPolicy with its defaults */
  readonly retry?: RetryPolicy;
  /** Calls under way at once. @default 4 */
  readonly concurrency?: number;
}

/**
 * The balances. A balance is the sum of its rows, one for each shard of the ledger's table streams that it was seen in:
 * sequence numbers compare only inside one shard, so each row knows how far its own shard has been added.
 */
export class BalanceTable implements BalanceRows {
  private readonly dynamodb: AwsCaller;
  private readonly table: string;
  private readonly retry: RetryPolicy;
  private readonly concurrency: number;
  private readonly insertStatement: string;
  private readonly updateStatement: string;

  public constructor(options: BalanceTableOptions) {
    this.dynamodb = options.dynamodb;
    this.table = options.table;
    this.retry = options.retry ?? new RetryPolicy();
    this.concurrency = options.concurrency ?? 4;
    const table = quotedTable(options.table);
    this.insertStatement = `INSERT INTO ${table} VALUE {'pk': ?, 'sk': ?, 'available': ?, 'held': ?, 'count': ?, 'lastSequence': ?}`;
    // Names in quotation marks, because `count` is a reserved word.
    this.updateStatement = `UPDATE ${table} SET "available" = ?, "held" = ?, "count" = ?, "lastSequence" = ? `
      + 'WHERE "pk" = ? AND "sk" = ? AND "lastSequence" = ?';
  }

  /**
   * A merchant's balance in one currency, zero when there never was a payment.
   *
   * @throws AwsServiceError or AwsConnectionError when the table does not answer
   */
  public async balance(merchantId: string, currency: string, { consistent = true }: ConsistencyOptions = {}): Promise<Balance> {
    let available = 0n;
    let held = 0n;
    let startKey: Item | undefined;
    do {
      const input = {
        TableName: this.table,
        ConsistentRead: consistent,
        KeyConditionExpression: 'pk = :merchant AND begins_with(sk, :currency)',
        ExpressionAttributeValues: { ':merchant': { S: merchantId }, ':currency': { S: `${currency}#` } },
        ExclusiveStartKey: startKey,
      };
      const page = await this.retry.run(() => this.dynamodb.call<{ Items?: Item[]; LastEvaluatedKey?: Item }>('Query', input));
      for (const item of page.Items ?? []) {
        available += integer(item, 'available');
        held += integer(item, 'held');
      }
      startKey = page.LastEvaluatedKey;
    } while (startKey !== undefined);
    return { available, held };
  }

  public async read(keys: readonly BalanceRowKey[], deadline?: number): Promise<(BalanceRow | undefined)[]> {
    const found = new Map<string, Item>();
    let left = keys.map((key) => ({ table: this.table, pk: key.merchantId, sk: sortKey(key) }));
    const attempts = this.retry.begin(deadline);
    while (left.length > 0) {
      const { items, unprocessed } = await this.retry.run(() => batchGet(this.dynamodb, left, this.concurrency), { deadline });
      for (const [text, item] of items) {
        found.set(text, item);
      }
      left = [...unprocessed];
      if (left.length > 0 && !(await attempts.again())) {
        throw new Error(`${left.length} balance rows were left unread for lack of capacity`);
      }
    }
    return keys.map((key) => {
      const item = found.get(keyText(this.table, key.merchantId, sortKey(key)));
      return item && {
        available: integer(item, 'available'),
        held: integer(item, 'held'),
        count: integer(item, 'count'),
        lastSequence: item.lastSequence?.S ?? '',
      };
    });
  }

  public async compareAndSet(changes: readonly BalanceChange[]): Promise<ChangeResult[]> {
    const results: ChangeResult[] = [];
    await forEachConcurrently(chunksOf(changes, STATEMENTS_PER_CALL), this.concurrency, async (chunk, chunkIndex) => {
      let outcomes: ChangeResult[];
      try {
        const responses = await batchExecute(this.dynamodb, chunk.map((change) => this.statement(change)));
        outcomes = responses.map(({ Error: error }) => (error === undefined ? 'written' : changeResult(error.Code)));
      } catch (error) {
        if (!isRetryable(error)) {
          throw error;
        }
        outcomes = chunk.map(() => 'failed');
      }
      outcomes.forEach((outcome, index) => { results[chunkIndex * STATEMENTS_PER_CALL + index] = outcome; });
    });
    return results;
  }

  private statement({ key, next, readSequence }: BalanceChange): Statement {
    const numbers = [{ N: next.available.toString() }, { N: next.held.toString() }, { N: next.count.toString() }, { S: next.lastSequence }];
    const identity = [{ S: key.merchantId }, { S: sortKey(key) }];
    return readSequence === undefined
      ? { Statement: this.insertStatement, Parameters: [...identity, ...numbers] }
      : { Statement: this.updateStatement, Parameters: [...numbers, ...identity, { S: readSequence }] };
  }
}

/** `currency#streamShard`, so that the rows of one currency lie together. */
function sortKey(key: BalanceRowKey): string {
  return `${key.currency}#${key.streamShard}`;
}

function changeResult(code: string | undefined): ChangeResult {
  return code === 'ConditionalCheckFailed' || code === 'DuplicateItem' ? 'conflict' : 'failed';
}

function integer(item: Item, name: string): bigint {
  return BigInt(item[name]?.N ?? '0');
}
