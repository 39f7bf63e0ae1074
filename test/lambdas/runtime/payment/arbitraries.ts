import fc from 'fast-check';
import { MovementRecord, StreamRecord } from '../../../../lambdas/runtime/payment/movement';
import { PaymentRecord } from '../../../../lambdas/runtime/payment/payment';

/** Texts of 1 to 64 printable code points, from plain ids to emoji. */
export const paymentText = fc.oneof(
  fc.stringMatching(/^[a-z0-9-]{1,64}$/),
  fc.string({ unit: fc.constantFrom('a', ' ', '~', 'é', 'ß', '漢', '\u{1F600}', '\u{1F469}\u200d'), minLength: 1, maxLength: 30 }),
);

/** What all records of the stream have. */
const common = {
  merchantId: paymentText,
  idempotencyKey: paymentText,
  amount: fc.oneof(
    fc.integer({ min: 1, max: 100_000 }), fc.integer({ min: 1, max: 1_000_000_000_000 }), fc.constantFrom(1, 2 ** 28, 2 ** 31, 2 ** 32, 10 ** 12),
  ),
  currency: fc.constantFrom('EUR', 'USD', 'JPY'),
  acceptedAt: fc.oneof(fc.integer({ min: 1, max: 2_000_000_000_000 }), fc.constantFrom(1, Number.MAX_SAFE_INTEGER)),
};

const traceParent = fc.option(fc.constantFrom('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', 't'), { nil: undefined });

/** Leaves out what is undefined: a record has such members not at all. */
function present<Kind extends object>(record: Kind): Kind {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as Kind;
}

const cell = fc.option(fc.constantFrom('851f1d47fffffff', '8928308280fffff'), { nil: undefined });
const enrichment = fc.record({ merchantCategory: fc.option(paymentText, { nil: undefined }), merchantCell: cell, payerCell: cell })
  .map((known) => (Object.values(known).every((value) => value === undefined) ? undefined : present(known)));

/** As a client states it. */
export const paymentRecord: fc.Arbitrary<PaymentRecord> = fc.record({
  ...common,
  payerId: paymentText,
  refundOf: paymentText,
  cardToken: paymentText,
  isRefund: fc.boolean(),
  hasToken: fc.boolean(),
}).map(({ isRefund, hasToken, refundOf, cardToken, ...rest }) => present({
  ...rest,
  type: isRefund ? 'refund' as const : 'payment' as const,
  ...(isRefund ? { refundOf } : undefined),
  ...(hasToken || !isRefund ? { cardToken } : undefined),
}));

export const movementRecord: fc.Arbitrary<MovementRecord> = fc.record({
  ...common,
  traceParent,
  type: fc.constantFrom('hold' as const, 'release' as const, 'settle' as const),
  holdOf: paymentText,
  reason: fc.option(fc.constantFrom('payout', 'fraud.velocity'), { nil: undefined }),
}).map(({ holdOf, ...rest }) => present({ ...rest, ...(rest.type === 'hold' ? undefined : { holdOf }) }));

/** A payment with what the API adds to it. */
const enrichedRecord = fc.record({ payment: paymentRecord, traceParent, enrichment })
  .map(({ payment, ...others }) => present({ ...payment, ...others }));

export const streamRecord: fc.Arbitrary<StreamRecord> = fc.oneof(enrichedRecord, movementRecord);
