import { equalValues, type Item } from '../engines/table/attribute-value';
import { identity, type SentPayment } from '../load/outcome';

export type { Item };

/** A row of the ledger, as the checker reads it. */
export interface LedgerRow {
  /** (merchant, key). */
  readonly identity: string;
  readonly merchantId: string;
  readonly payment: SentPayment;
  readonly status: 'applied' | 'rejected';
  readonly reason?: string;
  /** What may still be refunded; undefined for refunds. */
  readonly refundable?: bigint;
}

/** Reads a ledger item. Its partition key is the merchant with the bucket behind the last `#`. */
export function readLedgerRow(item: Item): LedgerRow {
  const partitionKey = text(item, 'pk');
  const merchantId = partitionKey.slice(0, partitionKey.lastIndexOf('#'));
  const idempotencyKey = text(item, 'sk');
  return {
    identity: identity(merchantId, idempotencyKey),
    merchantId,
    payment: {
      merchantId,
      idempotencyKey,
      payerId: item.payer?.S ?? '',
      amount: Number(item.amount?.N),
      currency: item.currency?.S ?? '',
      type: item.type?.S === 'refund' ? 'refund' : 'payment',
      refundOf: item.refundOf?.S,
      token: item.token?.S,
    },
    status: item.status?.S === 'rejected' ? 'rejected' : 'applied',
    reason: item.reason?.S,
    refundable: item.refundable?.N === undefined ? undefined : BigInt(item.refundable.N),
  };
}

/** The fields of a row that never change after it was written: all but `refundable` and the count of conflicts. */
export function isRewritten(before: Item, after: Item): boolean {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  names.delete('refundable');
  names.delete('conflicts');
  return [...names].some((name) => before[name] === undefined || after[name] === undefined || !equalValues(before[name], after[name]));
}

function text(item: Item, name: string): string {
  const value = item[name]?.S;
  if (value === undefined) {
    throw new Error(`a ledger item has no text attribute ${name}`);
  }
  return value;
}
