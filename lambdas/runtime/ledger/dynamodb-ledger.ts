import type { Item } from '../aws/dynamodb';
import type { AwsCaller } from '../aws/json-client';
import type { PaymentRecord } from '../payment/payment';
import { RetryPolicy } from '../retry/retry';
import type { ShardDirectory } from '../sharding/shard-directory';
import { ConflictCounter } from './conflict-counter';
import type { ApplyOptions, ApplyRefundOptions, Ledger, LedgerEntry, Outcome, ConsistencyOptions } from './ledger';
import { ledgerEntry, LedgerRows } from './ledger-row';
import { PaymentInserts } from './payment-inserts';
import { RefundTransaction } from './refund-transaction';

export interface DynamoDbLedgerOptions {
  readonly dynamodb: AwsCaller;
  /** Names of the tables that make up the one logical ledger. Their order decides which row lies where. */
  readonly tables: readonly string[];
  readonly directory: ShardDirectory;
  /** How long after a payment was accepted a refund of it may be accepted, in seconds. @default 604800 (7 days) */
  readonly refundWindowSeconds?: number;
  /** How long a row is kept, and with it the memory of its key, in seconds. @default 1209600 (14 days) */
  readonly timeToLiveSeconds?: number;
  /** @default - RetryPolicy with its defaults */
  readonly retry?: RetryPolicy;
  /** Calls under way at once in one `applyPayments`. @default 8 */
  readonly concurrency?: number;
}

const DAY_SECONDS = 86_400;

/**
 * The ledger in DynamoDB. The row of a payment is its idempotency record, so that taking effect and being remembered
 * are one conditional write; every write is a condition away from having happened before.
 */
export class DynamoDbLedger implements Ledger {
  private readonly dynamodb: AwsCaller;
  private readonly retry: RetryPolicy;
  private readonly rows: LedgerRows;
  private readonly inserts: PaymentInserts;
  private readonly refunds: RefundTransaction;

  public constructor(options: DynamoDbLedgerOptions) {
    const { dynamodb, refundWindowSeconds = 7 * DAY_SECONDS, timeToLiveSeconds = 14 * DAY_SECONDS, concurrency = 8 } = options;
    this.dynamodb = dynamodb;
    this.retry = options.retry ?? new RetryPolicy();
    this.rows = new LedgerRows(options.tables, options.directory, timeToLiveSeconds);
    const conflicts = new ConflictCounter(dynamodb, this.retry);
    this.inserts = new PaymentInserts(dynamodb, this.rows, this.retry, conflicts, concurrency);
    this.refunds = new RefundTransaction(dynamodb, this.rows, this.retry, conflicts, refundWindowSeconds * 1_000);
  }

  public applyPayments(payments: readonly PaymentRecord[], options: ApplyOptions = {}): Promise<Outcome[]> {
    return this.inserts.apply(payments, options.deadline);
  }

  public applyRefund(refund: PaymentRecord, options: ApplyRefundOptions = {}): Promise<Outcome> {
    return this.refunds.apply(refund, options);
  }

  public async find(merchantId: string, idempotencyKey: string, { consistent = true }: ConsistencyOptions = {}): Promise<LedgerEntry | undefined> {
    const key = this.rows.key(merchantId, idempotencyKey);
    const input = { TableName: key.table, Key: { pk: { S: key.pk }, sk: { S: key.sk } }, ConsistentRead: consistent };
    const { Item: item } = await this.retry.run(() => this.dynamodb.call<{ Item?: Item }>('GetItem', input));
    return item === undefined ? undefined : ledgerEntry(item);
  }
}
