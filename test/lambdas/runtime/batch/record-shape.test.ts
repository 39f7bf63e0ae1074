import { shapeDefect } from '../../../../lambdas/runtime/batch/record-shape';
import type { PaymentRecord } from '../../../../lambdas/runtime/payment/payment';
import { payment, refund } from '../support/payments';

describe('shapeDefect', () => {
  it.each<[string, Partial<PaymentRecord>]>([
    ['an ordinary payment', {}],
    ['64 characters', { merchantId: 'm'.repeat(64) }],
    ['64 characters of two units each', { idempotencyKey: '😀'.repeat(64) }],
    ['no token', { cardToken: undefined }],
    ['a currency that this version has never heard of', { currency: 'ZZZ' }],
    // Assigned only in a later version of Unicode: the API decides.
    ['a code point that is not assigned yet', { payerId: '\u{1FAF9}' }],
  ])('finds none in %s', (_what, others) => {
    expect(shapeDefect(payment('m', 'k', others))).toBeUndefined();
  });

  it.each<[string, Partial<PaymentRecord>]>([
    ['merchant_id', { merchantId: 'm'.repeat(65) }],
    ['merchant_id', { merchantId: '' }],
    ['idempotency_key', { idempotencyKey: '😀'.repeat(65) }],
    ['idempotency_key', { idempotencyKey: 'a\u0000b' }],
    ['payer_id', { payerId: 'a\nb' }],
    ['card_token', { cardToken: 't'.repeat(200) }],
    ['currency', { currency: 'eur' }],
    ['accepted_at', { acceptedAt: 0 }],
  ])('names the field %s', (field, others) => {
    expect(shapeDefect(payment('m', 'k', others))).toMatch(new RegExp(`^${field} is`));
  });

  it('looks at what a refund refunds', () => {
    expect(shapeDefect(refund('m', 'r', 'k'))).toBeUndefined();
    expect(shapeDefect(refund('m', 'r', '\t'))).toMatch(/^refund_of is/);
  });
});
