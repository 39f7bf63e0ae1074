import fc from 'fast-check';
import type { Ledger, Outcome } from '../../../../lambdas/runtime/ledger/ledger';
import type { PaymentRecord } from '../../../../lambdas/runtime/payment/payment';
import { ACCEPTED_AT } from '../support/payments';

/** One call of a ledger: a batch of payments, or a refund. */
export type Step =
  | { readonly kind: 'payments'; readonly payments: readonly PaymentRecord[] }
  | { readonly kind: 'refund'; readonly refund: PaymentRecord; readonly waitIsOver: boolean };

export const REFUND_WINDOW_SECONDS = 100;

/** So few merchants, keys and values that duplicates, conflicts and refunds of every kind come up all the time. */
const someKey = fc.constantFrom('k1', 'k2', 'k3', 'k4', 'k5');

const common = {
  merchantId: fc.constantFrom('a', 'b'),
  idempotencyKey: someKey,
  payerId: fc.constantFrom('payer-1', 'payer-1', 'payer-1', 'payer-2'),
  currency: fc.constantFrom('EUR', 'EUR', 'EUR', 'USD'),
  acceptedAt: fc.constantFrom(0, 50, 100, 101, 200).map((seconds) => ACCEPTED_AT + seconds * 1_000),
};

const somePayment: fc.Arbitrary<PaymentRecord> = fc.record({
  ...common, type: fc.constant('payment' as const), amount: fc.constantFrom(10, 10, 30, 1e12), cardToken: fc.constantFrom('tok_1', 'tok_1', 'tok_2'),
});

const someRefund: fc.Arbitrary<PaymentRecord> = fc.record({
  ...common, type: fc.constant('refund' as const), amount: fc.constantFrom(3, 5, 10, 20), refundOf: someKey,
});

/** Steps for merchants `a` and `b`; `rename` gives each run merchants of its own. */
export const someSteps: fc.Arbitrary<Step[]> = fc.array(fc.oneof(
  fc.record({ kind: fc.constant('payments' as const), payments: fc.array(somePayment, { minLength: 1, maxLength: 6 }) }),
  fc.record({ kind: fc.constant('refund' as const), refund: someRefund, waitIsOver: fc.boolean() }),
), { minLength: 1, maxLength: 20 });

export function rename(steps: readonly Step[], prefix: string): Step[] {
  const renamed = (record: PaymentRecord): PaymentRecord => ({ ...record, merchantId: prefix + record.merchantId });
  return steps.map((step) => (step.kind === 'payments'
    ? { ...step, payments: step.payments.map(renamed) }
    : { ...step, refund: renamed(step.refund) }));
}

export async function run(ledger: Ledger, step: Step): Promise<Outcome[]> {
  return step.kind === 'payments'
    ? ledger.applyPayments(step.payments)
    : [await ledger.applyRefund(step.refund, { waitIsOver: step.waitIsOver })];
}

export function recordsOf(step: Step): readonly PaymentRecord[] {
  return step.kind === 'payments' ? step.payments : [step.refund];
}
