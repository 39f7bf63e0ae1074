import fc from 'fast-check';
import { PaymentRecord } from '../../../../lambdas/runtime/payment/payment';

/** Texts of 1 to 64 printable code points, from plain ids to emoji. */
export const paymentText = fc.oneof(
  fc.stringMatching(/^[a-z0-9-]{1,64}$/),
  fc.string({ unit: fc.constantFrom('a', ' ', '~', 'é', 'ß', '漢', '\u{1F600}', '\u{1F469}\u200d'), minLength: 1, maxLength: 30 }),
);

export const paymentRecord: fc.Arbitrary<PaymentRecord> = fc.record({
  merchantId: paymentText,
  idempotencyKey: paymentText,
  payerId: paymentText,
  amount: fc.oneof(
    fc.integer({ min: 1, max: 100_000 }), fc.integer({ min: 1, max: 1_000_000_000_000 }), fc.constantFrom(1, 2 ** 28, 2 ** 31, 2 ** 32, 10 ** 12),
  ),
  currency: fc.constantFrom('EUR', 'USD', 'JPY'),
  acceptedAt: fc.oneof(fc.integer({ min: 1, max: 2_000_000_000_000 }), fc.constantFrom(1, Number.MAX_SAFE_INTEGER)),
  refundOf: paymentText,
  cardToken: paymentText,
  isRefund: fc.boolean(),
  hasToken: fc.boolean(),
}).map(({ isRefund, hasToken, refundOf, cardToken, ...rest }) => ({
  ...rest,
  type: isRefund ? 'refund' : 'payment',
  ...(isRefund ? { refundOf } : undefined),
  ...(hasToken || !isRefund ? { cardToken } : undefined),
}));
