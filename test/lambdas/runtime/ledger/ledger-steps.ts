import fc from 'fast-check';
import { applyDraw, type Ledger, type Outcome } from '../../../../lambdas/runtime/ledger/ledger';
import type { MovementRecord, StreamRecord } from '../../../../lambdas/runtime/payment/movement';
import type { PaymentRecord } from '../../../../lambdas/runtime/payment/payment';
import { ACCEPTED_AT } from '../support/payments';
import type { LedgerModel } from './ledger-model';

/** One call of a ledger: a batch of payments or holds, or something that draws on one of them. */
export type Step =
  | { readonly kind: 'payments'; readonly payments: readonly PaymentRecord[] }
  | { readonly kind: 'holds'; readonly holds: readonly MovementRecord[] }
  | { readonly kind: 'draw'; readonly draw: StreamRecord; readonly waitIsOver: boolean };

export const REFUND_WINDOW_SECONDS = 100;

/** So few merchants, keys and values that duplicates, conflicts and refunds of every kind come up all the time. */
const someKey = fc.constantFrom('k1', 'k2', 'k3', 'k4', 'k5');

const identity = {
  merchantId: fc.constantFrom('a', 'b'),
  idempotencyKey: someKey,
  currency: fc.constantFrom('EUR', 'EUR', 'EUR', 'USD'),
  acceptedAt: fc.constantFrom(0, 50, 100, 101, 200).map((seconds) => ACCEPTED_AT + seconds * 1_000),
};
const payerId = fc.constantFrom('payer-1', 'payer-1', 'payer-1', 'payer-2');

const somePayment: fc.Arbitrary<PaymentRecord> = fc.record({
  ...identity, payerId, type: fc.constant('payment' as const), amount: fc.constantFrom(10, 10, 30, 1e12),
  cardToken: fc.constantFrom('tok_1', 'tok_1', 'tok_2'),
});

const someRefund: fc.Arbitrary<PaymentRecord> = fc.record({
  ...identity, payerId, type: fc.constant('refund' as const), amount: fc.constantFrom(3, 5, 10, 20), refundOf: someKey,
});

const reason = fc.constantFrom(undefined, 'payout', 'payout', 'fraud.velocity');

const someHold: fc.Arbitrary<MovementRecord> = fc.record({
  ...identity, type: fc.constant('hold' as const), amount: fc.constantFrom(10, 10, 30, 1e12), reason,
});

const someHoldEnd: fc.Arbitrary<MovementRecord> = fc.record({
  ...identity, type: fc.constantFrom('release' as const, 'settle' as const), amount: fc.constantFrom(3, 5, 10, 20), holdOf: someKey, reason,
});

/** What draws on payments and holds of merchants `a` and `b`, and on each other. */
export const someDraws: fc.Arbitrary<StreamRecord[]> = fc.array(
  fc.oneof<fc.Arbitrary<StreamRecord>[]>(someRefund, someHoldEnd), { minLength: 1, maxLength: 12 },
);

/** Steps for merchants `a` and `b`; `rename` gives each run merchants of its own. */
export const someSteps: fc.Arbitrary<Step[]> = fc.array(fc.oneof(
  fc.record({ kind: fc.constant('payments' as const), payments: fc.array(somePayment, { minLength: 1, maxLength: 6 }) }),
  fc.record({ kind: fc.constant('draw' as const), draw: someRefund, waitIsOver: fc.boolean() }),
  fc.record({ kind: fc.constant('holds' as const), holds: fc.array(someHold, { minLength: 1, maxLength: 6 }) }),
  fc.record({ kind: fc.constant('draw' as const), draw: someHoldEnd, waitIsOver: fc.boolean() }),
), { minLength: 1, maxLength: 20 });

export function rename(steps: readonly Step[], prefix: string): Step[] {
  const renamed = <Kind extends StreamRecord>(record: Kind): Kind => ({ ...record, merchantId: prefix + record.merchantId });
  return steps.map((step) => {
    switch (step.kind) {
      case 'payments': return { ...step, payments: step.payments.map(renamed) };
      case 'holds': return { ...step, holds: step.holds.map(renamed) };
      case 'draw': return { ...step, draw: renamed(step.draw) };
    }
  });
}

export async function run(ledger: Ledger, step: Step): Promise<Outcome[]> {
  switch (step.kind) {
    case 'payments': return ledger.applyPayments(step.payments);
    case 'holds': return ledger.applyHolds(step.holds);
    case 'draw': return [await applyDraw(ledger, step.draw, { waitIsOver: step.waitIsOver })];
  }
}

export function recordsOf(step: Step): readonly StreamRecord[] {
  switch (step.kind) {
    case 'payments': return step.payments;
    case 'holds': return step.holds;
    case 'draw': return [step.draw];
  }
}

/** Asks a ledger whose calls fail until it knows what became of a step, and compares that with the model. */
export async function runLikeModel(ledger: Ledger, model: LedgerModel, step: Step): Promise<void> {
  const expected = recordsOf(step).map((record) => model.apply(record, step.kind === 'draw' && step.waitIsOver));
  let outcomes = await run(ledger, step);
  for (let round = 0; round < 200 && outcomes.some(({ kind }) => kind === 'unavailable'); round++) {
    outcomes = await run(ledger, step);
  }
  expected.forEach((outcome, index) => {
    // Asked again, the ledger may call its own work of before a duplicate, and nothing else.
    const repeated = outcome.kind === 'applied' ? [outcome, { kind: 'duplicate', conflict: false }] : [outcome];
    expect(repeated).toContainEqual(outcomes[index]);
  });
}
