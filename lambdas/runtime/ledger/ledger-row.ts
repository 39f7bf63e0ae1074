import { type AttributeValue, type Item, quotedTable, type Statement, type TableKey } from '../aws/dynamodb';
import { isMovement, type MovementRecord, type StreamRecord } from '../payment/movement';
import type { PaymentRecord, RejectionReason } from '../payment/payment';
import { bucketMark } from '../sharding/bucket-mark';
import type { DirectoryVersion } from '../sharding/directory-version';
import { merchantOf, partitionKey, tableIndex } from '../sharding/shard-directory';
import type { EntryContent, LedgerEntry } from './ledger';

const TYPE_PAYMENT: AttributeValue = { S: 'payment' };
const TYPE_HOLD: AttributeValue = { S: 'hold' };
const STATUS_APPLIED: AttributeValue = { S: 'applied' };
const STATUS_REJECTED: AttributeValue = { S: 'rejected' };

/**
 * The statements that insert a row, at the sum of 1 for a row with an attribute of its kind that not every row has and 2 for one with a trace. They
 * are made once: a text that is put together anew for each row would have to be read whole to be known again.
 */
interface InsertStatements {
  readonly payment: readonly string[];
  readonly hold: readonly string[];
}

/** What rows say that are written at one moment. */
interface WriteTimes {
  readonly now: number;
  readonly settledAt: AttributeValue;
  readonly expiresAt: AttributeValue;
}

const COMMON_MEMBERS = "'pk': ?, 'sk': ?, 'type': ?, 'amount': ?, 'currency': ?, 'status': ?, 'acceptedAt': ?, 'settledAt': ?";

/** How payments, refunds and movements lie in the tables that make up the ledger. */
export class LedgerRows {
  private readonly insertStatements: ReadonlyMap<string, InsertStatements>;
  private times: WriteTimes | undefined;

  /**
   * @param tables names of the tables; their order decides which row lies where
   * @param layout over how many buckets each merchant's rows are spread, and were before
   * @param timeToLiveSeconds how long a row is kept after it was written
   * @throws Error when there is no table or a name is not one of a table
   */
  public constructor(
    private readonly tables: readonly string[],
    private readonly layout: DirectoryVersion,
    private readonly timeToLiveSeconds: number,
  ) {
    if (tables.length === 0) {
      throw new Error('a ledger needs at least one table');
    }
    this.insertStatements = new Map(tables.map((table) => {
      const start = `INSERT INTO ${quotedTable(table)} VALUE {${COMMON_MEMBERS}`;
      return [table, {
        payment: withOptional(`${start}, 'payer': ?, 'refundable': ?, 'expiresAt': ?`, 'token'),
        hold: withOptional(`${start}, 'holdable': ?`, 'movementReason'),
      }];
    }));
  }

  public key(merchantId: string, idempotencyKey: string): TableKey {
    return this.keyIn(partitionKey(this.layout.directory, merchantId, idempotencyKey), idempotencyKey);
  }

  /** Whether any merchant may have rows in buckets of before. */
  public get isGrowing(): boolean {
    return this.layout.growing.size > 0;
  }

  /**
   * Where a row of the key may lie from before its merchant got more buckets; undefined for the keys of nearly all merchants, and for those that
   * have kept their bucket.
   */
  public earlierKey(merchantId: string, idempotencyKey: string, now: number): TableKey | undefined {
    if (!this.layout.growing.has(merchantId)) {
      return undefined;
    }
    const { earlier } = this.layout.place(merchantId, idempotencyKey, now);
    return earlier === undefined ? undefined : this.keyIn(earlier, idempotencyKey);
  }

  /**
   * Where a row of the key may lie, in the order in which they are to be asked: the old bucket first, while rows of then count, because a row that
   * is inserted meanwhile is then seen in the new one.
   *
   * @param now in milliseconds since 1970
   * @param isEternal whether the row may have no time to live: it can lie in every bucket that the key ever had
   */
  public keysToAsk(merchantId: string, idempotencyKey: string, now: number, isEternal: boolean): TableKey[] {
    const earlier = this.earlierKey(merchantId, idempotencyKey, now);
    const places = isEternal ? this.layout.everyPlace(merchantId, idempotencyKey) : [partitionKey(this.layout.directory, merchantId, idempotencyKey)];
    const ordered = earlier === undefined ? places : [earlier.pk, ...places.filter((pk) => pk !== earlier.pk)];
    return ordered.map((pk) => this.keyIn(pk, idempotencyKey));
  }

  /** The statement that marks a key in its old bucket if nothing lies there. The mark is kept for as long as a row that is written now. */
  public markStatement(key: TableKey, movedTo: string, now: number): Statement {
    const { type, movedTo: place } = bucketMark(movedTo);
    return {
      Statement: `INSERT INTO ${quotedTable(key.table)} VALUE {'pk': ?, 'sk': ?, 'type': ?, 'movedTo': ?, 'expiresAt': ?}`,
      Parameters: [{ S: key.pk }, { S: key.sk }, type, place, { N: this.expiresAt(now) }],
    };
  }

  /** The statement that stores a payment or a hold if its key is new. */
  public insertStatement(record: StreamRecord, key: TableKey, now: number): Statement {
    const amount = { N: String(record.amount) };
    const times = this.timesOf(now);
    const parameters: AttributeValue[] = [
      { S: key.pk }, { S: key.sk }, TYPE_PAYMENT, amount, { S: record.currency }, STATUS_APPLIED,
      { N: String(record.acceptedAt) }, times.settledAt,
    ];
    const statements = this.insertStatements.get(key.table) as InsertStatements;
    let texts: readonly string[];
    let optional = 0;
    if (isMovement(record)) {
      // Without a time to live: money that is held must not be forgotten. It gets one with the draw that empties it.
      texts = statements.hold;
      parameters[2] = TYPE_HOLD;
      parameters.push(amount);
      if (record.reason !== undefined) {
        optional += 1;
        parameters.push({ S: record.reason });
      }
    } else {
      texts = statements.payment;
      parameters.push({ S: record.payerId }, amount, times.expiresAt);
      if (record.cardToken !== undefined) {
        optional += 1;
        parameters.push({ S: record.cardToken });
      }
    }
    if (record.traceParent !== undefined) {
      optional += 2;
      parameters.push({ S: record.traceParent });
    }
    return { Statement: texts[optional], Parameters: parameters };
  }

  /** The row of what draws on another row: a refund, a release or a settle. It has a reason if and only if it is rejected. */
  public drawItem(record: StreamRecord, key: TableKey, now: number, reason?: RejectionReason): Item {
    return {
      pk: { S: key.pk },
      sk: { S: key.sk },
      type: { S: record.type },
      amount: { N: String(record.amount) },
      currency: { S: record.currency },
      ...(isMovement(record) ? movementAttributes(record) : refundAttributes(record)),
      ...(reason === undefined ? { status: STATUS_APPLIED } : { status: STATUS_REJECTED, reason: { S: reason } }),
      ...(record.traceParent === undefined ? undefined : { trace: { S: record.traceParent } }),
      acceptedAt: { N: String(record.acceptedAt) },
      settledAt: { N: String(now) },
      expiresAt: { N: this.expiresAt(now) },
    };
  }

  /** The key in a bucket that is named by its partition key. */
  public keyIn(pk: string, sk: string): TableKey {
    return { table: this.tables[tableIndex(pk, this.tables.length)], pk, sk };
  }

  /** Many rows are written at one moment. */
  private timesOf(now: number): WriteTimes {
    if (this.times?.now !== now) {
      this.times = { now, settledAt: { N: String(now) }, expiresAt: { N: this.expiresAt(now) } };
    }
    return this.times;
  }

  /**
   * Counted from the write, not from the acceptance: a record that was parked or stuck for long must still be
   * remembered for as long as it can be delivered again.
   */
  public expiresAt(now: number): string {
    return String(Math.floor(now / 1_000) + this.timeToLiveSeconds);
  }
}

function withOptional(start: string, attribute: string): readonly string[] {
  return ['', ", 'trace': ?"].flatMap((trace) => ['', `, '${attribute}': ?`].map((own) => `${start}${own}${trace}}`));
}

function refundAttributes({ payerId, cardToken, refundOf }: PaymentRecord): Item {
  return {
    payer: { S: payerId },
    ...(cardToken === undefined ? undefined : { token: { S: cardToken } }),
    refundOf: { S: refundOf as string },
  };
}

function movementAttributes({ holdOf, reason }: MovementRecord): Item {
  return {
    holdOf: { S: holdOf as string },
    ...(reason === undefined ? undefined : { movementReason: { S: reason } }),
  };
}

/** Reads a row back. */
export function ledgerEntry(item: Item): LedgerEntry {
  return {
    merchantId: merchantOf(text(item, 'pk')),
    idempotencyKey: text(item, 'sk'),
    amount: Number(item.amount?.N),
    currency: text(item, 'currency'),
    type: text(item, 'type') as EntryContent['type'],
    ...optional(item, 'payer', 'payerId'),
    ...optional(item, 'token', 'cardToken'),
    ...optional(item, 'refundOf', 'refundOf'),
    ...optional(item, 'holdOf', 'holdOf'),
    ...optional(item, 'movementReason', 'movementReason'),
    status: text(item, 'status') as LedgerEntry['status'],
    ...optional(item, 'reason', 'reason'),
    acceptedAt: Number(item.acceptedAt?.N),
    settledAt: Number(item.settledAt?.N),
    ...optional(item, 'trace', 'traceParent'),
  };
}

function text(item: Item, name: string): string {
  return item[name]?.S ?? '';
}

/** A member for an attribute that not every row has. */
function optional<Name extends keyof LedgerEntry>(item: Item, attribute: string, name: Name): Pick<LedgerEntry, Name> | undefined {
  const value = item[attribute]?.S;
  return value === undefined ? undefined : { [name]: value } as unknown as Pick<LedgerEntry, Name>;
}
