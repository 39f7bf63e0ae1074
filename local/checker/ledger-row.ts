import { equalValues, type Item } from '../engines/table/attribute-value';
import { identity, type SentEntry } from '../load/outcome';

export type { Item };

/** A row of the ledger, as the checker reads it. */
export interface LedgerRow {
  /** (merchant, key). */
  readonly identity: string;
  readonly merchantId: string;
  readonly entry: SentEntry;
  readonly status: 'applied' | 'rejected';
  readonly reason?: string;
  /** What may still be refunded of a payment, or is left of a hold; undefined for what draws on them. */
  readonly left?: bigint;
}

/** Whether an item of the ledger is a row, and not the mark of a key whose merchant has got more buckets. */
export function isLedgerRow(item: Item): boolean {
  return item.type?.S !== 'moved';
}

/** Reads a ledger item. Its partition key is the merchant with the bucket behind the last `#`. */
export function readLedgerRow(item: Item): LedgerRow {
  const partitionKey = text(item, 'pk');
  const merchantId = partitionKey.slice(0, partitionKey.lastIndexOf('#'));
  const idempotencyKey = text(item, 'sk');
  return {
    identity: identity(merchantId, idempotencyKey),
    merchantId,
    entry: entryOf(item, merchantId, idempotencyKey),
    status: item.status?.S === 'rejected' ? 'rejected' : 'applied',
    reason: item.reason?.S,
    left: leftOf(item),
  };
}

function entryOf(item: Item, merchantId: string, idempotencyKey: string): SentEntry {
  const type = item.type?.S;
  const common = { merchantId, idempotencyKey, amount: Number(item.amount?.N), currency: item.currency?.S ?? '' };
  if (type === 'hold' || type === 'release' || type === 'settle') {
    return { ...common, type, holdOf: item.holdOf?.S, reason: item.movementReason?.S };
  }
  return { ...common, payerId: item.payer?.S ?? '', type: type === 'refund' ? 'refund' : 'payment', refundOf: item.refundOf?.S, token: item.token?.S };
}

function leftOf({ refundable, holdable }: Item): bigint | undefined {
  const value = (refundable ?? holdable)?.N;
  return value === undefined ? undefined : BigInt(value);
}

/**
 * Whether a field of a row has changed that never does after it was written: any but what is left of it and the count of conflicts. A hold gets
 * its time to live with the draw that empties it.
 */
export function isRewritten(before: Item, after: Item): boolean {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  names.delete('refundable');
  names.delete('holdable');
  if (before.type?.S === 'hold' && before.expiresAt === undefined && leftOf(after) === 0n) {
    names.delete('expiresAt');
  }
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
