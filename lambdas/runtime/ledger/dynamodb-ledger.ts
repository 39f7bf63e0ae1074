import type { Item } from '../aws/dynamodb';
import type { AwsCaller } from '../aws/json-client';
import type { MovementRecord, StreamRecord } from '../payment/movement';
import type { PaymentRecord } from '../payment/payment';
import { RetryPolicy } from '../retry/retry';
import { markedPlace } from '../sharding/bucket-mark';
import { DirectoryLease } from '../sharding/directory-lease';
import { DirectoryVersion } from '../sharding/directory-version';
import type { ShardDirectory } from '../sharding/shard-directory';
import { ConflictCounter, type ConflictCounts } from './conflict-counter';
import { FencedCaller } from './fenced-caller';
import type { ApplyOptions, ApplyRefundOptions, Ledger, LedgerEntry, Outcome, ConsistencyOptions } from './ledger';
import { LedgerBooks } from './ledger-books';
import { ledgerEntry, LedgerRows } from './ledger-row';
import { unavailable } from './outcomes';

export interface DynamoDbLedgerOptions {
  readonly dynamodb: AwsCaller;
  /** Names of the tables that make up the one logical ledger. Their order decides which row lies where. */
  readonly tables: readonly string[];
  /**
   * Over how many buckets each merchant's rows are spread: fixed, or as the directory says that the lease is on, so that merchants can get more while
   * the system runs. When the lease lapses nothing is written: every outcome is `unavailable`, and what came from a stream is delivered again.
   */
  readonly directory: ShardDirectory | DirectoryLease;
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

/** The ledger as one version of the directory says where rows lie. */
interface Edition {
  readonly version: number;
  readonly rows: LedgerRows;
  readonly books: LedgerBooks;
  readonly dynamodb: AwsCaller;
}

/**
 * The ledger in DynamoDB. The row of a payment or movement is its idempotency record, so that taking effect and being remembered
 * are one conditional write; every write is a condition away from having happened before.
 */
export class DynamoDbLedger implements Ledger {
  private readonly retry: RetryPolicy;
  /** Of the version that was in force last. */
  private edition: Edition | undefined;
  private readonly open: (version: DirectoryVersion) => Edition;
  private readonly lease: DirectoryLease | undefined;

  public constructor(options: DynamoDbLedgerOptions) {
    const { directory, concurrency = 8, countsConflicts = true } = options;
    const { refundWindowSeconds = 7 * DAY_SECONDS, timeToLiveSeconds = 14 * DAY_SECONDS } = options;
    const retry = options.retry ?? new RetryPolicy();
    const lease = directory instanceof DirectoryLease ? directory : undefined;
    this.open = (version) => {
      const dynamodb = lease === undefined ? options.dynamodb : new FencedCaller(options.dynamodb, lease, version.number);
      const rows = new LedgerRows(options.tables, version, timeToLiveSeconds);
      const conflicts: ConflictCounts = countsConflicts ? new ConflictCounter(dynamodb, retry) : { count: async () => undefined };
      const books = new LedgerBooks({ dynamodb, rows, retry, conflicts, concurrency, refundWindowMilliseconds: refundWindowSeconds * 1_000 });
      return { version: version.number, rows, books, dynamodb };
    };
    this.retry = retry;
    this.lease = lease;
    // With a lease too, although it is not used then: what is wrong with the options shows at once.
    const first = this.open(directory instanceof DirectoryLease ? new DirectoryVersion(0, 1) : DirectoryVersion.fixed(directory));
    this.edition = lease === undefined ? first : undefined;
  }

  public applyPayments(payments: readonly PaymentRecord[], options: ApplyOptions = {}): Promise<Outcome[]> {
    return this.insert(payments, 'payment', options);
  }

  public async applyRefund(refund: PaymentRecord, options: ApplyRefundOptions = {}): Promise<Outcome> {
    return refund.type === 'refund' ? this.draw('refunds', refund, options) : { kind: 'impossible', reason: 'it is not a refund' };
  }

  public applyHolds(holds: readonly MovementRecord[], options: ApplyOptions = {}): Promise<Outcome[]> {
    return this.insert(holds, 'hold', options);
  }

  public async applyHoldEnd(movement: MovementRecord, options: ApplyRefundOptions = {}): Promise<Outcome> {
    return movement.type === 'release' || movement.type === 'settle'
      ? this.draw('holdEnds', movement, options)
      : { kind: 'impossible', reason: 'it is not the end of a hold' };
  }

  /** Asks every bucket in which the row may lie: one, unless the merchant has got more buckets. */
  public async find(merchantId: string, idempotencyKey: string, { consistent = true }: ConsistencyOptions = {}): Promise<LedgerEntry | undefined> {
    const { dynamodb, rows } = await this.current();
    const keys = rows.keysToAsk(merchantId, idempotencyKey, this.retry.clock.now(), true);
    for (const { table, pk, sk } of keys) {
      const input = { TableName: table, Key: { pk: { S: pk }, sk: { S: sk } }, ConsistentRead: consistent };
      const { Item: item } = await this.retry.run(() => dynamodb.call<{ Item?: Item }>('GetItem', input));
      const moved = item && markedPlace(item);
      if (moved !== undefined && !keys.some((key) => key.pk === moved)) {
        // Of a version that is not known here yet.
        keys.push(rows.keyIn(moved, sk));
      } else if (item !== undefined && moved === undefined) {
        return ledgerEntry(item);
      }
    }
    return undefined;
  }

  private async insert(records: readonly StreamRecord[], type: 'payment' | 'hold', { deadline }: ApplyOptions): Promise<Outcome[]> {
    let books: LedgerBooks;
    try {
      ({ books } = await this.current());
    } catch (error) {
      return records.map(() => unavailable(error));
    }
    return books.insert(records, type, deadline);
  }

  private async draw(kind: 'refunds' | 'holdEnds', record: StreamRecord, options: ApplyRefundOptions): Promise<Outcome> {
    let books: LedgerBooks;
    try {
      ({ books } = await this.current());
    } catch (error) {
      return unavailable(error);
    }
    return books[kind].apply(record, options);
  }

  /** Once a batch, not per payment; from memory but for one look at the directory in half a lease. */
  private async current(): Promise<Edition> {
    if (this.lease === undefined) {
      return this.edition!;
    }
    const { version } = await this.lease.current();
    if (this.edition?.version !== version.number) {
      this.edition = this.open(version);
    }
    return this.edition;
  }
}
