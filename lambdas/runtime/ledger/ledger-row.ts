import { type AttributeValue, type Item, quotedTable, type Statement, type TableKey } from '../aws/dynamodb';
import { isMovement, type MovementRecord, type StreamRecord } from '../payment/movement';
import type { PaymentRecord, RejectionReason } from '../payment/payment';
import { merchantOf, partitionKey, type ShardDirectory, tableIndex } from '../sharding/shard-directory';
import type { EntryContent, LedgerEntry } from './ledger';

const TYPE_PAYMENT: AttributeValue = { S: 'payment' };
const TYPE_HOLD: AttributeValue = { S: 'hold' };
const STATUS_APPLIED: AttributeValue = { S: 'applied' };
const STATUS_REJECTED: AttributeValue = { S: 'rejected' };

/** Starts of the statements that insert a row; what only some rows have is appended. */
interface InsertStatements {
  readonly payment: string;
  readonly hold: string;
}

const COMMON_MEMBERS = "'pk': ?, 'sk': ?, 'type': ?, 'amount': ?, 'currency': ?, 'status': ?, 'acceptedAt': ?, 'settledAt': ?";

/** How payments, refunds and movements lie in the tables that make up the ledger. */
export class LedgerRows {
  private readonly insertStatements: ReadonlyMap<string, InsertStatements>;

  /**
   * @param tables names of the tables; their order decides which row lies where
   * @param timeToLiveSeconds how long a row is kept after it was written
   * @throws Error when there is no table or a name is not one of a table
   */
  public constructor(
    private readonly tables: readonly string[],
    private readonly directory: ShardDirectory,
    private readonly timeToLiveSeconds: number,
  ) {
    if (tables.length === 0) {
      throw new Error('a ledger needs at least one table');
    }
    this.insertStatements = new Map(tables.map((table) => {
      const start = `INSERT INTO ${quotedTable(table)} VALUE {${COMMON_MEMBERS}`;
      return [table, { payment: `${start}, 'payer': ?, 'refundable': ?, 'expiresAt': ?`, hold: `${start}, 'holdable': ?` }];
    }));
  }

  public key(merchantId: string, idempotencyKey: string): TableKey {
    const pk = partitionKey(this.directory, merchantId, idempotencyKey);
    return { table: this.tables[tableIndex(pk, this.tables.length)], pk, sk: idempotencyKey };
  }

  /** The statement that stores a payment or a hold if its key is new. */
  public insertStatement(record: StreamRecord, key: TableKey, now: number): Statement {
    const amount = { N: String(record.amount) };
    const parameters: AttributeValue[] = [
      { S: key.pk }, { S: key.sk }, TYPE_PAYMENT, amount, { S: record.currency }, STATUS_APPLIED,
      { N: String(record.acceptedAt) }, { N: String(now) },
    ];
    const statements = this.insertStatements.get(key.table) as InsertStatements;
    let statement: string;
    if (isMovement(record)) {
      // Without a time to live: money that is held must not be forgotten. It gets one with the draw that empties it.
      statement = statements.hold;
      parameters[2] = TYPE_HOLD;
      parameters.push(amount);
      if (record.reason !== undefined) {
        statement += ", 'movementReason': ?";
        parameters.push({ S: record.reason });
      }
    } else {
      statement = statements.payment;
      parameters.push({ S: record.payerId }, amount, { N: this.expiresAt(now) });
      if (record.cardToken !== undefined) {
        statement += ", 'token': ?";
        parameters.push({ S: record.cardToken });
      }
    }
    if (record.traceParent !== undefined) {
      statement += ", 'trace': ?";
      parameters.push({ S: record.traceParent });
    }
    return { Statement: `${statement}}`, Parameters: parameters };
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

  /**
   * Counted from the write, not from the acceptance: a record that was parked or stuck for long must still be
   * remembered for as long as it can be delivered again.
   */
  public expiresAt(now: number): string {
    return String(Math.floor(now / 1_000) + this.timeToLiveSeconds);
  }
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
