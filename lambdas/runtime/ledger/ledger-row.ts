import { type AttributeValue, type Item, quotedTable, type Statement, type TableKey } from '../aws/dynamodb';
import type { Payment, PaymentRecord, RejectionReason } from '../payment/payment';
import { merchantOf, partitionKey, type ShardDirectory, tableIndex } from '../sharding/shard-directory';
import type { LedgerEntry } from './ledger';

const TYPE_PAYMENT: AttributeValue = { S: 'payment' };
const TYPE_REFUND: AttributeValue = { S: 'refund' };
const STATUS_APPLIED: AttributeValue = { S: 'applied' };
const STATUS_REJECTED: AttributeValue = { S: 'rejected' };

/** How payments and refunds lie in the tables that make up the ledger. */
export class LedgerRows {
  private readonly insertStatements: ReadonlyMap<string, string>;

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
    this.insertStatements = new Map(tables.map((table) => [table, `INSERT INTO ${quotedTable(table)} VALUE {`
      + "'pk': ?, 'sk': ?, 'type': ?, 'amount': ?, 'currency': ?, 'payer': ?, 'status': ?, 'refundable': ?, "
      + "'acceptedAt': ?, 'settledAt': ?, 'expiresAt': ?"]));
  }

  public key(merchantId: string, idempotencyKey: string): TableKey {
    const pk = partitionKey(this.directory, merchantId, idempotencyKey);
    return { table: this.tables[tableIndex(pk, this.tables.length)], pk, sk: idempotencyKey };
  }

  /** The statement that stores a payment if its key is new. */
  public insertStatement(payment: PaymentRecord, key: TableKey, now: number): Statement {
    const amount = { N: String(payment.amount) };
    const settledAt = String(now);
    const parameters: AttributeValue[] = [
      { S: key.pk }, { S: key.sk }, TYPE_PAYMENT, amount, { S: payment.currency }, { S: payment.payerId }, STATUS_APPLIED, amount,
      { N: String(payment.acceptedAt) }, { N: settledAt }, { N: this.expiresAt(now) },
    ];
    const statement = this.insertStatements.get(key.table) as string;
    if (payment.cardToken === undefined) {
      return { Statement: `${statement}}`, Parameters: parameters };
    }
    parameters.push({ S: payment.cardToken });
    return { Statement: `${statement}, 'token': ?}`, Parameters: parameters };
  }

  /** The row of a refund. It has a reason if and only if it is rejected. */
  public refundItem(refund: PaymentRecord, key: TableKey, now: number, reason?: RejectionReason): Item {
    return {
      pk: { S: key.pk },
      sk: { S: key.sk },
      type: TYPE_REFUND,
      amount: { N: String(refund.amount) },
      currency: { S: refund.currency },
      payer: { S: refund.payerId },
      ...(refund.cardToken === undefined ? undefined : { token: { S: refund.cardToken } }),
      refundOf: { S: refund.refundOf as string },
      ...(reason === undefined ? { status: STATUS_APPLIED } : { status: STATUS_REJECTED, reason: { S: reason } }),
      acceptedAt: { N: String(refund.acceptedAt) },
      settledAt: { N: String(now) },
      expiresAt: { N: this.expiresAt(now) },
    };
  }

  /**
   * Counted from the write, not from the acceptance: a record that was parked or stuck for long must still be
   * remembered for as long as it can be delivered again.
   */
  private expiresAt(now: number): string {
    return String(Math.floor(now / 1_000) + this.timeToLiveSeconds);
  }
}

/** Reads a row back. */
export function ledgerEntry(item: Item): LedgerEntry {
  const entry: LedgerEntry = {
    merchantId: merchantOf(text(item, 'pk')),
    idempotencyKey: text(item, 'sk'),
    payerId: text(item, 'payer'),
    amount: Number(item.amount?.N),
    currency: text(item, 'currency'),
    type: text(item, 'type') as Payment['type'],
    ...(item.refundOf === undefined ? undefined : { refundOf: text(item, 'refundOf') }),
    ...(item.token === undefined ? undefined : { cardToken: text(item, 'token') }),
    status: text(item, 'status') as LedgerEntry['status'],
    ...(item.reason === undefined ? undefined : { reason: text(item, 'reason') as RejectionReason }),
    acceptedAt: Number(item.acceptedAt?.N),
    settledAt: Number(item.settledAt?.N),
  };
  return entry;
}

function text(item: Item, name: string): string {
  return item[name]?.S ?? '';
}
