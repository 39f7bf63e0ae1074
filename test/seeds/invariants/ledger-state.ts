import { decodePaymentRecord } from '../../../lambdas/runtime/payment/payment-codec';
import type { Item } from '../../../lambdas/runtime/aws/dynamodb';
import type { ClientPayment } from '../../../local/load/payment-mix';
import { fingerprint, identity } from '../books';
import type { Observation } from '../simulation';

/** A row of the ledger, as a client would state it. */
export interface LedgerRow {
  readonly id: string;
  readonly merchantId: string;
  readonly idempotencyKey: string;
  readonly fingerprint: string;
  readonly type: 'payment' | 'refund';
  readonly amount: bigint;
  readonly currency: string;
  readonly status: string;
  readonly refundOf: string | undefined;
  readonly refundable: bigint | undefined;
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
  return [...ledger.values()].flat().map(ledgerRow);
}

export function ledgerRow(item: Item): LedgerRow {
  const partition = String(item.pk.S);
  const merchantId = partition.slice(0, partition.lastIndexOf('#'));
  const idempotencyKey = String(item.sk.S);
  const payment = {
    payerId: String(item.payer?.S),
    amount: Number(item.amount?.N),
    currency: String(item.currency?.S),
    type: item.type?.S as 'payment' | 'refund',
    refundOf: item.refundOf?.S,
    method: { type: 'card_token', token: String(item.token?.S) },
  };
  return {
    id: identity(merchantId, idempotencyKey),
    merchantId,
    idempotencyKey,
    fingerprint: fingerprint(payment as ClientPayment),
    type: payment.type,
    amount: BigInt(item.amount?.N ?? '0'),
    currency: payment.currency,
    status: String(item.status?.S),
    refundOf: payment.refundOf,
    refundable: item.refundable?.N === undefined ? undefined : BigInt(item.refundable.N),
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
    const { cardToken, ...payment } = decodePaymentRecord(Buffer.from(payload, 'base64'));
    return fingerprint({ ...payment, method: { type: 'card_token', token: String(cardToken) } });
  } catch {
    return undefined;
  }
}
