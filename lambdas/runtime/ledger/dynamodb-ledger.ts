import type { Item } from '../aws/dynamodb';
import type { AwsCaller } from '../aws/json-client';
import type { MovementRecord } from '../payment/movement';
import type { PaymentRecord } from '../payment/payment';
import { RetryPolicy } from '../retry/retry';
import type { ShardDirectory } from '../sharding/shard-directory';
import { BulkInserts } from './bulk-inserts';
import { ConflictCounter, type ConflictCounts } from './conflict-counter';
import { DrawTransaction } from './draw-transaction';
import type { ApplyOptions, ApplyRefundOptions, Ledger, LedgerEntry, Outcome, ConsistencyOptions } from './ledger';
import { ledgerEntry, LedgerRows } from './ledger-row';

export interface DynamoDbLedgerOptions {
  readonly dynamodb: AwsCaller;
  /** Names of the tables that make up the one logical ledger. Their order decides which row lies where. */
  readonly tables: readonly string[];
  readonly directory: ShardDirectory;
  /** How long after a payment was accepted a refund of it may be accepted, in seconds. @default 604800 (7 days) */
  readonly refundWindowSeconds?: number;
  /**
   * How long a row is kept, and with it the memory of its key, in seconds. A hold is kept for so long after nothing is left of it.
   *
   * @default 1209600 (14 days)
   */
  readonly timeToLiveSeconds?: number;
  /** @default - RetryPolicy with its defaults */
  readonly retry?: RetryPolicy;
  /** Calls under way at once in one `applyPayments` or `applyHolds`. @default 8 */
  readonly concurrency?: number;
  /** Whether a row is told how often its key came with other fields. Who only inserts then needs no right to change rows. @default true */
  readonly countsConflicts?: boolean;
}

const DAY_SECONDS = 86_400;

/**
 * The ledger in DynamoDB. The row of a payment or movement is its idempotency record, so that taking effect and being remembered
 * are one conditional write; every write is a condition away from having happened before.
 */
export class DynamoDbLedger implements Ledger {
  private readonly dynamodb: AwsCaller;
  private readonly retry: RetryPolicy;
  private readonly rows: LedgerRows;
  private readonly inserts: BulkInserts;
  private readonly refunds: DrawTransaction;
  private readonly holdEnds: DrawTransaction;

  public constructor(options: DynamoDbLedgerOptions) {
    const { dynamodb, concurrency = 8, countsConflicts = true } = options;
    const { refundWindowSeconds = 7 * DAY_SECONDS, timeToLiveSeconds = 14 * DAY_SECONDS } = options;
    this.dynamodb = dynamodb;
    this.retry = options.retry ?? new RetryPolicy();
    this.rows = new LedgerRows(options.tables, options.directory, timeToLiveSeconds);
    const conflicts: ConflictCounts = countsConflicts ? new ConflictCounter(dynamodb, this.retry) : { count: async () => undefined };
    this.inserts = new BulkInserts(dynamodb, this.rows, this.retry, conflicts, concurrency);
    this.refunds = new DrawTransaction(dynamodb, this.rows, this.retry, conflicts, {
      type: 'payment', left: 'refundable', unknown: 'unknown_payment', exceeded: 'exceeds_payment',
      window: { milliseconds: refundWindowSeconds * 1_000, closed: 'refund_window_closed' },
    });
    this.holdEnds = new DrawTransaction(dynamodb, this.rows, this.retry, conflicts, {
      type: 'hold', left: 'holdable', unknown: 'unknown_hold', exceeded: 'exceeds_hold', livesUntilEmpty: true,
    });
  }

  public applyPayments(payments: readonly PaymentRecord[], options: ApplyOptions = {}): Promise<Outcome[]> {
    return this.inserts.apply(payments, 'payment', options.deadline);
  }

  public async applyRefund(refund: PaymentRecord, options: ApplyRefundOptions = {}): Promise<Outcome> {
    return refund.type === 'refund' ? this.refunds.apply(refund, options) : { kind: 'impossible', reason: 'it is not a refund' };
  }

  public applyHolds(holds: readonly MovementRecord[], options: ApplyOptions = {}): Promise<Outcome[]> {
    return this.inserts.apply(holds, 'hold', options.deadline);
  }

  public async applyHoldEnd(movement: MovementRecord, options: ApplyRefundOptions = {}): Promise<Outcome> {
    return movement.type === 'release' || movement.type === 'settle'
      ? this.holdEnds.apply(movement, options)
      : { kind: 'impossible', reason: 'it is not the end of a hold' };
  }

  public async find(merchantId: string, idempotencyKey: string, { consistent = true }: ConsistencyOptions = {}): Promise<LedgerEntry | undefined> {
    const key = this.rows.key(merchantId, idempotencyKey);
    const input = { TableName: key.table, Key: { pk: { S: key.pk }, sk: { S: key.sk } }, ConsistentRead: consistent };
    const { Item: item } = await this.retry.run(() => this.dynamodb.call<{ Item?: Item }>('GetItem', input));
    return item === undefined ? undefined : ledgerEntry(item);
  }
}
