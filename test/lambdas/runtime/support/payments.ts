import type { MovementRecord } from '../../../../lambdas/runtime/payment/movement';
import type { PaymentRecord } from '../../../../lambdas/runtime/payment/payment';

export const ACCEPTED_AT = 1_700_000_000_000;

let serial = 0;

/** A merchant that no other test uses. */
export function newMerchant(): string {
  return `merchant-${++serial}`;
}

export function payment(merchantId: string, idempotencyKey: string, others: Partial<PaymentRecord> = {}): PaymentRecord {
  return {
    merchantId, idempotencyKey, payerId: 'payer-1', amount: 100, currency: 'EUR', type: 'payment', cardToken: 'tok_1', acceptedAt: ACCEPTED_AT,
    ...others,
  };
}

export function refund(merchantId: string, idempotencyKey: string, refundOf: string, others: Partial<PaymentRecord> = {}): PaymentRecord {
  return { merchantId, idempotencyKey, payerId: 'payer-1', amount: 100, currency: 'EUR', type: 'refund', refundOf, acceptedAt: ACCEPTED_AT, ...others };
}

export function hold(merchantId: string, idempotencyKey: string, others: Partial<MovementRecord> = {}): MovementRecord {
  return { merchantId, idempotencyKey, amount: 100, currency: 'EUR', type: 'hold', acceptedAt: ACCEPTED_AT, ...others };
}

/** The end of a hold: a release, if nothing else is said. */
export function holdEnd(merchantId: string, idempotencyKey: string, holdOf: string, others: Partial<MovementRecord> = {}): MovementRecord {
  return { merchantId, idempotencyKey, amount: 100, currency: 'EUR', type: 'release', holdOf, acceptedAt: ACCEPTED_AT, ...others };
}
