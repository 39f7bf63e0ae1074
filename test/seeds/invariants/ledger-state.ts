import { decodePaymentRecord } from '../../../lambdas/runtime/payment/payment-codec';
import type { Item } from '../../../lambdas/runtime/aws/dynamodb';
import { isMovement, type MovementType } from '../../../lambdas/runtime/payment/movement';
import { fingerprint, identity } from '../books';
import type { ClientEntry } from '../client-entry';
import type { Observation } from '../simulation';

/** A row of the ledger, as a client would state it. */
export interface LedgerRow {
  readonly id: string;
  readonly merchantId: string;
  readonly idempotencyKey: string;
  readonly fingerprint: string;
  readonly type: 'payment' | 'refund' | MovementType;
  readonly amount: bigint;
  readonly currency: string;
  readonly status: string;
  /** Key of the payment or hold that it draws on. */
  readonly drawnKey: string | undefined;
  /** What is left to refund of a payment, or of a hold. */
  readonly left: bigint | undefined;
}

/** A parked record. */
export interface ParkedRow {
  /** Undefined for one that could not be read. */
  readonly id: string | undefined;
  readonly idempotencyKey: string | undefined;
  readonly reason: string;
  readonly schema: string;
  readonly payload: string;
  /** What the payload says; undefined when it is no payment. */
  readonly fingerprint: string | undefined;
}

export function ledgerRows({ ledger }: Observation): LedgerRow[] {
  return [...ledger.values()].flat().filter(({ type }) => type?.S !== 'moved').map(ledgerRow);
}

export function ledgerRow(item: Item): LedgerRow {
  const partition = String(item.pk.S);
  const merchantId = partition.slice(0, partition.lastIndexOf('#'));
  const idempotencyKey = String(item.sk.S);
  const type = item.type?.S as LedgerRow['type'];
  const entry = {
    amount: Number(item.amount?.N),
    currency: String(item.currency?.S),
    type,
    ...(type === 'payment' || type === 'refund'
      ? { payerId: String(item.payer?.S), refundOf: item.refundOf?.S, method: { type: 'card_token', token: String(item.token?.S) } }
      : { holdOf: item.holdOf?.S, reason: item.movementReason?.S }),
  };
  const left = (item.refundable ?? item.holdable)?.N;
  return {
    id: identity(merchantId, idempotencyKey),
    merchantId,
    idempotencyKey,
    fingerprint: fingerprint(entry as ClientEntry),
    type,
    amount: BigInt(item.amount?.N ?? '0'),
    currency: entry.currency,
    status: String(item.status?.S),
    drawnKey: item.refundOf?.S ?? item.holdOf?.S,
    left: left === undefined ? undefined : BigInt(left),
  };
}

export function parkedRows({ parked }: Observation): ParkedRow[] {
  return parked.map((item) => {
    const partition = String(item.pk.S);
    const isReadable = partition.startsWith('merchant#');
    const payload = String(item.payload?.B ?? '');
    return {
      id: isReadable ? identity(partition.slice('merchant#'.length), String(item.sk.S)) : undefined,
      idempotencyKey: isReadable ? String(item.sk.S) : undefined,
      reason: item.reason?.S ?? '',
      schema: item.schema?.S ?? '',
      payload,
      fingerprint: fingerprintOf(payload),
    };
  });
}

function fingerprintOf(payload: string): string | undefined {
  try {
    const record = decodePaymentRecord(Buffer.from(payload, 'base64'));
    return fingerprint(isMovement(record) ? record : { ...record, method: { type: 'card_token', token: String(record.cardToken) } });
  } catch {
    return undefined;
  }
}
