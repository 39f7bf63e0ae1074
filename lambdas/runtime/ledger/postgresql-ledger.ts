import type { MovementRecord, StreamRecord } from '../payment/movement';
import type { PaymentRecord } from '../payment/payment';
import { RetryPolicy } from '../retry/retry';
import type { ApplyOptions, ApplyRefundOptions, BulkLedger, ConsistencyOptions, LedgerEntry, Outcome } from './ledger';
import type { PostgresqlCaller } from './postgresql-connections';
import { PostgresqlDraws } from './postgresql-draws';
import { isRetryablePostgresqlError } from './postgresql-errors';
import { PostgresqlInserts } from './postgresql-inserts';
import { entryKey, postgresqlEntry, quotedSchema } from './postgresql-row';
import { findStatement } from './postgresql-statements';

export interface PostgresqlLedgerOptions {
  readonly database: PostgresqlCaller;
  /** Asked instead by who does not need the latest writes: a replica. @default - the database */
  readonly replica?: PostgresqlCaller;
  /** Schema that `migratePostgresqlLedger` made. @default ledger */
  readonly schema?: string;
  /** How long after a payment was accepted a refund of it may be accepted, in seconds. @default 604800 (7 days) */
  readonly refundWindowSeconds?: number;
  /** @default - RetryPolicy with its defaults */
  readonly retry?: RetryPolicy;
  /** Most records of one call, from 1 to 10000. More of them cost less each, and hold their locks for longer. @default 500 */
  readonly batchSize?: number;
  /** Calls under way at once in one `applyPayments` or `applyHolds`, at least 1; more than the pool has connections only wait. @default 2 */
  readonly concurrency?: number;
  /**
   * Rows that the balance of a merchant in a currency is spread over, from 1 to 1024: so many calls can change it at once. It may be changed at any
   * time; all ledgers of a database need not agree.
   *
   * @default 16
   */
  readonly balanceSlots?: number;
}

const WEEK_SECONDS = 604_800;

/**
 * The ledger in PostgreSQL: entries, the memory of their keys and the balances of merchants change in one transaction, a call a batch. It needs the
 * schema of `migratePostgresqlLedger` and a partition for the present time, `createPostgresqlPartitions`.
 *
 * Entries of one merchant lie in one database. Who has several asks the one of the merchant.
 */
export class PostgresqlLedger implements BulkLedger {
  private readonly database: PostgresqlCaller;
  private readonly replica: PostgresqlCaller;
  private readonly schema: string;
  private readonly retry: RetryPolicy;
  private readonly inserts: PostgresqlInserts;
  private readonly draws: PostgresqlDraws;

  /** @throws Error when an option is out of its bounds */
  public constructor(options: PostgresqlLedgerOptions) {
    const { database, batchSize = 500, concurrency = 2, balanceSlots = 16, refundWindowSeconds = WEEK_SECONDS } = options;
    checkBounds('batchSize', batchSize, 10_000);
    checkBounds('concurrency', concurrency, 1_000);
    checkBounds('balanceSlots', balanceSlots, 1_024);
    const schema = quotedSchema(options.schema ?? 'ledger');
    this.database = database;
    this.replica = options.replica ?? database;
    this.schema = schema;
    this.retry = options.retry ?? new RetryPolicy();
    this.inserts = new PostgresqlInserts(database, this.retry, { schema, batchSize, concurrency, balanceSlots });
    this.draws = new PostgresqlDraws(database, this.retry, {
      schema, batchSize, concurrency, balanceSlots, refundWindowMilliseconds: refundWindowSeconds * 1_000,
    });
  }

  public applyPayments(payments: readonly PaymentRecord[], options: ApplyOptions = {}): Promise<Outcome[]> {
    return this.inserts.apply(payments, ['payment'], options.deadline);
  }

  public async applyRefund(refund: PaymentRecord, options: ApplyRefundOptions = {}): Promise<Outcome> {
    return refund.type === 'refund' ? this.applyDraw(refund, options) : { kind: 'impossible', reason: 'it is not a refund' };
  }

  public applyHolds(holds: readonly MovementRecord[], options: ApplyOptions = {}): Promise<Outcome[]> {
    return this.inserts.apply(holds, ['hold'], options.deadline);
  }

  public async applyHoldEnd(movement: MovementRecord, options: ApplyRefundOptions = {}): Promise<Outcome> {
    return movement.type === 'release' || movement.type === 'settle'
      ? this.applyDraw(movement, options)
      : { kind: 'impossible', reason: 'it is not the end of a hold' };
  }

  public applyEntries(entries: readonly StreamRecord[], options: ApplyOptions = {}): Promise<Outcome[]> {
    return this.inserts.apply(entries, ['payment', 'hold'], options.deadline);
  }

  public applyDraws(draws: readonly StreamRecord[], options: ApplyRefundOptions = {}): Promise<Outcome[]> {
    return this.draws.apply(draws, options);
  }

  public async find(merchantId: string, idempotencyKey: string, { consistent = true }: ConsistencyOptions = {}): Promise<LedgerEntry | undefined> {
    const statement = findStatement(this.schema, entryKey(merchantId, idempotencyKey), merchantId);
    const database = consistent ? this.database : this.replica;
    const [row] = await this.retry.run(() => database.query(statement), { isRetryable: isRetryablePostgresqlError });
    return row === undefined ? undefined : postgresqlEntry(row);
  }

  private async applyDraw(draw: StreamRecord, options: ApplyRefundOptions): Promise<Outcome> {
    const [outcome] = await this.draws.apply([draw], options);
    return outcome;
  }
}

function checkBounds(name: string, value: number, most: number): void {
  if (!Number.isInteger(value) || value < 1 || value > most) {
    throw new Error(`\`${name}\` must be an integer from 1 to ${most}, got: ${value}`);
  }
}
