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
