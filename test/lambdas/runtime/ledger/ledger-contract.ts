import fc from 'fast-check';
import type { Ledger, Outcome } from '../../../../lambdas/runtime/ledger/ledger';
import type { MovementRecord } from '../../../../lambdas/runtime/payment/movement';
import type { PaymentRecord } from '../../../../lambdas/runtime/payment/payment';
import { ACCEPTED_AT, hold, holdEnd, newMerchant, payment, refund } from '../support/payments';
import { LedgerModel } from './ledger-model';
import { recordsOf, REFUND_WINDOW_SECONDS, rename, run, someSteps } from './ledger-steps';

export interface LedgerUnderTest {
  /** Starts an empty store; called once. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** A ledger on that store. Several may be open at once, as several workers are. */
  open(options: { readonly refundWindowSeconds: number }): Ledger;
}

const APPLIED: Outcome = { kind: 'applied' };
const DUPLICATE: Outcome = { kind: 'duplicate', conflict: false };
const CONFLICT: Outcome = { kind: 'duplicate', conflict: true };
const WAITING: Outcome = { kind: 'waiting' };

/** What every ledger does, whatever it stores in. */
export function describeLedgerContract(name: string, subject: LedgerUnderTest): void {
  describe(`ledger contract: ${name}`, () => {
    let ledger: Ledger;
    let merchant: string;

    beforeAll(() => subject.start());
    afterAll(() => subject.stop());
    beforeEach(() => {
      ledger = subject.open({ refundWindowSeconds: REFUND_WINDOW_SECONDS });
      merchant = newMerchant();
    });

    async function apply(...payments: PaymentRecord[]): Promise<Outcome[]> {
      return ledger.applyPayments(payments);
    }

    describe('payments', () => {
      it('are stored with all that was asked for', async () => {
        const before = Date.now();
        const paid = payment(merchant, 'k', { amount: 1e12, currency: 'JPY' });
        expect(await apply(paid)).toEqual([APPLIED]);
        const entry = await ledger.find(merchant, 'k');
        expect(entry).toEqual({ ...paid, status: 'applied', settledAt: expect.any(Number) as number });
        expect(entry?.settledAt).toBeGreaterThanOrEqual(before);
        expect(entry?.settledAt).toBeLessThanOrEqual(Date.now());
      });

      it('may lack a token', async () => {
        const { cardToken: _, ...paid } = payment(merchant, 'k');
        expect(await apply(paid, paid)).toEqual([APPLIED, DUPLICATE]);
        expect(await apply(paid)).toEqual([DUPLICATE]);
        expect(await ledger.find(merchant, 'k')).not.toHaveProperty('cardToken');
      });

      it('are not found before they are stored, nor under another merchant', async () => {
        expect(await ledger.find(merchant, 'k')).toBeUndefined();
        await apply(payment(merchant, 'k'));
        expect(await ledger.find(newMerchant(), 'k')).toBeUndefined();
      });

      it('have no effect when they come again, whatever the time they carry', async () => {
        const paid = payment(merchant, 'k');
        await apply(paid);
        const entry = await ledger.find(merchant, 'k');
        expect(await apply(paid)).toEqual([DUPLICATE]);
        expect(await apply({ ...paid, acceptedAt: paid.acceptedAt + 5_000 })).toEqual([DUPLICATE]);
        expect(await ledger.find(merchant, 'k')).toEqual(entry);
      });

      it.each([
        ['payer', { payerId: 'payer-2' }],
        ['amount', { amount: 101 }],
        ['currency', { currency: 'USD' }],
        ['token', { cardToken: 'tok_2' }],
        ['missing token', { cardToken: undefined }],
      ])('are conflicts when they come again with another %s, and stay what they were', async (_what, others) => {
        await apply(payment(merchant, 'k'));
        const entry = await ledger.find(merchant, 'k');
        expect(await apply(payment(merchant, 'k', others))).toEqual([CONFLICT]);
        expect(await ledger.find(merchant, 'k')).toEqual(entry);
      });

      it('of one key in one batch: the first is applied, the others are duplicates or conflicts', async () => {
        const first = payment(merchant, 'k');
        const other = payment(merchant, 'k', { amount: 7 });
        expect(await apply(first, payment(merchant, 'l'), first, other, first)).toEqual([APPLIED, APPLIED, DUPLICATE, CONFLICT, DUPLICATE]);
        // What is stored decides, not which came first in a batch.
        expect(await apply(other, first)).toEqual([CONFLICT, DUPLICATE]);
      });

      it('of different merchants may have the same key', async () => {
        const other = newMerchant();
        expect(await apply(payment(merchant, 'k'), payment(other, 'k', { amount: 5 }))).toEqual([APPLIED, APPLIED]);
        expect((await ledger.find(other, 'k'))?.amount).toBe(5);
      });

      it('keep any printable text as it is', async () => {
        const texts = ["it's", `'}; DROP TABLE x --`, '"quoted"', '?', '#1', 'ключ', '支付😀', 'e\u0301', '\u00e9', ' ', '\\', '{"S":"x"}', '%00'];
        const paid = texts.map((text) => payment(merchant, text, { payerId: text, cardToken: text }));
        expect(await ledger.applyPayments(paid)).toEqual(paid.map(() => APPLIED));
        expect(await ledger.applyPayments(paid)).toEqual(paid.map(() => DUPLICATE));
        for (const each of paid) {
          expect(await ledger.find(merchant, each.idempotencyKey)).toMatchObject({ ...each });
        }
      });

      it('come in batches of any size; outcomes are in their order', async () => {
        expect(await apply()).toEqual([]);
        const old = Array.from({ length: 40 }, (_, index) => payment(merchant, `old-${index}`));
        await ledger.applyPayments(old);
        const mixed = Array.from({ length: 260 }, (_, index) => (index % 7 === 0 ? old[index % 40] : payment(merchant, `new-${index}`)));
        expect(await ledger.applyPayments(mixed)).toEqual(mixed.map((_, index) => (index % 7 === 0 ? DUPLICATE : APPLIED)));
      });

      it('take effect once when several workers have them at the same time', async () => {
        const paid = Array.from({ length: 60 }, (_, index) => payment(merchant, `k-${index}`));
        const all = await Promise.all([0, 1, 2].map(() => subject.open({ refundWindowSeconds: 1 }).applyPayments(paid)));
        paid.forEach((_, index) => {
          expect(all.map((outcomes) => outcomes[index].kind).sort()).toEqual(['applied', 'duplicate', 'duplicate']);
        });
      });

      it('are not refunds', async () => {
        expect(await apply(refund(merchant, 'r', 'k'))).toEqual([{ kind: 'impossible', reason: expect.any(String) as string }]);
        expect(await ledger.find(merchant, 'r')).toBeUndefined();
      });

      it('are not stored when there is no time left', async () => {
        const [outcome] = await ledger.applyPayments([payment(merchant, 'k')], { deadline: Date.now() - 1 });
        expect(outcome.kind).toBe('unavailable');
        expect(await ledger.find(merchant, 'k')).toBeUndefined();
      });
    });

    describe('refunds', () => {
      it('lower what is left, down to nothing and no further', async () => {
        await apply(payment(merchant, 'k', { amount: 100 }));
        expect(await ledger.applyRefund(refund(merchant, 'r1', 'k', { amount: 60 }))).toEqual(APPLIED);
        expect(await ledger.applyRefund(refund(merchant, 'r2', 'k', { amount: 41 }))).toEqual({ kind: 'rejected', reason: 'exceeds_payment' });
        expect(await ledger.applyRefund(refund(merchant, 'r3', 'k', { amount: 40 }))).toEqual(APPLIED);
        expect(await ledger.applyRefund(refund(merchant, 'r4', 'k', { amount: 1 }))).toEqual({ kind: 'rejected', reason: 'exceeds_payment' });
      });

      it('are stored with all that was asked for, rejected ones with the reason', async () => {
        await apply(payment(merchant, 'k'));
        const applied = refund(merchant, 'r1', 'k', { cardToken: 'tok_9' });
        const rejected = refund(merchant, 'r2', 'k');
        await ledger.applyRefund(applied);
        await ledger.applyRefund(rejected);
        expect(await ledger.find(merchant, 'r1')).toEqual({ ...applied, status: 'applied', settledAt: expect.any(Number) as number });
        expect(await ledger.find(merchant, 'r2'))
          .toEqual({ ...rejected, status: 'rejected', reason: 'exceeds_payment', settledAt: expect.any(Number) as number });
      });

      it('have no effect when they come again', async () => {
        await apply(payment(merchant, 'k'));
        const part = refund(merchant, 'r1', 'k', { amount: 50 });
        expect(await ledger.applyRefund(part)).toEqual(APPLIED);
        expect(await ledger.applyRefund(part)).toEqual(DUPLICATE);
        expect(await ledger.applyRefund({ ...part, acceptedAt: part.acceptedAt + 1 }, { waitIsOver: true })).toEqual(DUPLICATE);
        expect(await ledger.applyRefund(refund(merchant, 'r2', 'k', { amount: 50 }))).toEqual(APPLIED);
      });

      it('are conflicts when they come again with other fields', async () => {
        await apply(payment(merchant, 'k'), payment(merchant, 'l'));
        await ledger.applyRefund(refund(merchant, 'r', 'k', { amount: 10 }));
        expect(await ledger.applyRefund(refund(merchant, 'r', 'k', { amount: 11 }))).toEqual(CONFLICT);
        expect(await ledger.applyRefund(refund(merchant, 'r', 'l', { amount: 10 }))).toEqual(CONFLICT);
        expect(await ledger.applyRefund(refund(merchant, 'r2', 'k', { amount: 90 }))).toEqual(APPLIED);
        expect(await ledger.applyRefund(refund(merchant, 'r3', 'l', { amount: 100 }))).toEqual(APPLIED);
      });

      it('keep their rejection when they come again', async () => {
        await apply(payment(merchant, 'k', { amount: 10 }));
        const tooMuch = refund(merchant, 'r', 'k', { amount: 11 });
        await ledger.applyRefund(tooMuch);
        expect(await ledger.applyRefund(tooMuch)).toEqual({ kind: 'rejected', reason: 'exceeds_payment' });
        expect(await ledger.applyRefund({ ...tooMuch, amount: 5 })).toEqual(CONFLICT);
        expect(await ledger.applyRefund(refund(merchant, 'r2', 'k', { amount: 10 }))).toEqual(APPLIED);
      });

      it('wait for their payment, and are applied when it is there', async () => {
        const early = refund(merchant, 'r', 'k');
        expect(await ledger.applyRefund(early)).toEqual(WAITING);
        expect(await ledger.find(merchant, 'r')).toBeUndefined();
        await apply(payment(merchant, 'k'));
        expect(await ledger.applyRefund(early)).toEqual(APPLIED);
      });

      it('are rejected when the wait is over, for good', async () => {
        const early = refund(merchant, 'r', 'k');
        expect(await ledger.applyRefund(early, { waitIsOver: true })).toEqual({ kind: 'rejected', reason: 'unknown_payment' });
        await apply(payment(merchant, 'k'));
        expect(await ledger.applyRefund(early)).toEqual({ kind: 'rejected', reason: 'unknown_payment' });
        expect(await ledger.applyRefund(refund(merchant, 'r2', 'k'))).toEqual(APPLIED);
      });

      it.each([
        ['in another currency', (id: string) => refund(id, 'r', 'k', { currency: 'USD', amount: 1 })],
        ['of a refund', (id: string) => refund(id, 'r', 'earlier', { amount: 1 })],
        ['of itself', (id: string) => refund(id, 'r', 'r', { amount: 1 })],
      ])('%s are rejected at once', async (_what, make) => {
        await apply(payment(merchant, 'k'));
        await ledger.applyRefund(refund(merchant, 'earlier', 'k', { amount: 10 }));
        expect(await ledger.applyRefund(make(merchant))).toEqual({ kind: 'rejected', reason: 'unknown_payment' });
        expect(await ledger.applyRefund(make(merchant))).toEqual({ kind: 'rejected', reason: 'unknown_payment' });
        expect(await ledger.applyRefund(refund(merchant, 'rest', 'k', { amount: 90 }))).toEqual(APPLIED);
      });

      it('of another merchant\'s payment wait like those of no payment', async () => {
        await apply(payment(newMerchant(), 'k'));
        expect(await ledger.applyRefund(refund(merchant, 'r', 'k'))).toEqual(WAITING);
      });

      it('are admitted up to the end of the window, counted from acceptance to acceptance', async () => {
        await apply(payment(merchant, 'k'));
        const end = ACCEPTED_AT + REFUND_WINDOW_SECONDS * 1_000;
        expect(await ledger.applyRefund(refund(merchant, 'r1', 'k', { amount: 1, acceptedAt: end }))).toEqual(APPLIED);
        expect(await ledger.applyRefund(refund(merchant, 'r2', 'k', { amount: 1, acceptedAt: end + 1 })))
          .toEqual({ kind: 'rejected', reason: 'refund_window_closed' });
      });

      it('cannot take the key of a payment, nor a payment that of a refund', async () => {
        await apply(payment(merchant, 'k'), payment(merchant, 'l'));
        expect(await ledger.applyRefund(refund(merchant, 'l', 'k'))).toEqual(CONFLICT);
        await ledger.applyRefund(refund(merchant, 'r', 'k', { amount: 40 }));
        expect(await apply(payment(merchant, 'r', { amount: 40 }))).toEqual([CONFLICT]);
        expect(await ledger.applyRefund(refund(merchant, 'rest', 'k', { amount: 60 }))).toEqual(APPLIED);
      });

      it('of one payment at the same time never take more than there is', async () => {
        await apply(payment(merchant, 'k', { amount: 100 }));
        const outcomes = await Promise.all(Array.from({ length: 10 }, (_, index) => (
          ledger.applyRefund(refund(merchant, `r${index}`, 'k', { amount: 30 }))
        )));
        expect(outcomes.map(({ kind }) => kind).sort()).toEqual([...Array<string>(3).fill('applied'), ...Array<string>(7).fill('rejected')]);
      });

      it('take effect once when several workers have them at the same time', async () => {
        await apply(payment(merchant, 'k', { amount: 100 }));
        const outcomes = await Promise.all([0, 1, 2, 3].map(() => ledger.applyRefund(refund(merchant, 'r', 'k', { amount: 30 }))));
        expect(outcomes.map(({ kind }) => kind).sort()).toEqual(['applied', 'duplicate', 'duplicate', 'duplicate']);
        expect(await ledger.applyRefund(refund(merchant, 'rest', 'k', { amount: 70 }))).toEqual(APPLIED);
      });

      it('are not payments', async () => {
        expect((await ledger.applyRefund(payment(merchant, 'k'))).kind).toBe('impossible');
        expect(await ledger.find(merchant, 'k')).toBeUndefined();
      });

      it('are not stored when there is no time left', async () => {
        await apply(payment(merchant, 'k'));
        expect((await ledger.applyRefund(refund(merchant, 'r', 'k'), { deadline: Date.now() - 1 })).kind).toBe('unavailable');
        expect(await ledger.find(merchant, 'r')).toBeUndefined();
      });
    });

    describe('holds', () => {
      it('are stored with all that was asked for', async () => {
        const held = hold(merchant, 'h', { amount: 1e12, reason: 'payout', traceParent: 't-1' });
        const { reason, ...others } = held;
        expect(await ledger.applyHolds([held])).toEqual([APPLIED]);
        expect(await ledger.find(merchant, 'h')).toEqual({ ...others, movementReason: reason, status: 'applied', settledAt: expect.any(Number) as number });
      });

      it('have no effect when they come again, and are conflicts with other fields', async () => {
        const held = hold(merchant, 'h', { reason: 'payout' });
        expect(await ledger.applyHolds([held, held, { ...held, amount: 7 }])).toEqual([APPLIED, DUPLICATE, CONFLICT]);
        expect(await ledger.applyHolds([{ ...held, acceptedAt: held.acceptedAt + 1 }])).toEqual([DUPLICATE]);
        expect(await ledger.applyHolds([{ ...held, reason: 'fraud.amount' }])).toEqual([CONFLICT]);
        expect(await ledger.applyHolds([hold(merchant, 'h')])).toEqual([CONFLICT]);
      });

      it('share their keys with payments and refunds', async () => {
        await apply(payment(merchant, 'k'));
        expect(await ledger.applyHolds([hold(merchant, 'k'), hold(merchant, 'h')])).toEqual([CONFLICT, APPLIED]);
        expect(await apply(payment(merchant, 'h'))).toEqual([CONFLICT]);
        expect(await ledger.applyRefund(refund(merchant, 'h', 'k'))).toEqual(CONFLICT);
      });

      it('come in batches of any size; outcomes are in their order', async () => {
        expect(await ledger.applyHolds([])).toEqual([]);
        const held = Array.from({ length: 60 }, (_, index) => hold(merchant, `h${index % 55}`));
        expect(await ledger.applyHolds(held)).toEqual(held.map((_, index) => (index < 55 ? APPLIED : DUPLICATE)));
      });

      it('are not payments, nor payments holds', async () => {
        expect((await ledger.applyPayments([hold(merchant, 'h') as never]))[0].kind).toBe('impossible');
        expect((await ledger.applyHolds([payment(merchant, 'h') as never, holdEnd(merchant, 'e', 'h')])).map(({ kind }) => kind))
          .toEqual(['impossible', 'impossible']);
        expect(await ledger.find(merchant, 'h')).toBeUndefined();
      });

      it('are not refunded', async () => {
        await ledger.applyHolds([hold(merchant, 'h')]);
        expect(await ledger.applyRefund(refund(merchant, 'r', 'h'))).toEqual({ kind: 'rejected', reason: 'unknown_payment' });
      });
    });

    describe.each(['release', 'settle'] as const)('%ss', (type) => {
      const end = (key: string, holdOf: string, others: Partial<MovementRecord> = {}) => holdEnd(merchant, key, holdOf, { type, ...others });

      it('lower what is left of the hold, down to nothing and no further', async () => {
        await ledger.applyHolds([hold(merchant, 'h', { amount: 100 })]);
        expect(await ledger.applyHoldEnd(end('e1', 'h', { amount: 60 }))).toEqual(APPLIED);
        expect(await ledger.applyHoldEnd(end('e2', 'h', { amount: 41 }))).toEqual({ kind: 'rejected', reason: 'exceeds_hold' });
        expect(await ledger.applyHoldEnd(end('e3', 'h', { amount: 40 }))).toEqual(APPLIED);
        expect(await ledger.applyHoldEnd(end('e4', 'h', { amount: 1 }))).toEqual({ kind: 'rejected', reason: 'exceeds_hold' });
      });

      it('are stored with all that was asked for, rejected ones with the reason', async () => {
        await ledger.applyHolds([hold(merchant, 'h')]);
        await ledger.applyHoldEnd(end('e1', 'h', { reason: 'payout', traceParent: 't-1' }));
        await ledger.applyHoldEnd(end('e2', 'h', { reason: 'payout' }));
        const stored = { type, holdOf: 'h', movementReason: 'payout', amount: 100, currency: 'EUR', acceptedAt: ACCEPTED_AT, merchantId: merchant };
        expect(await ledger.find(merchant, 'e1'))
          .toEqual({ ...stored, idempotencyKey: 'e1', status: 'applied', traceParent: 't-1', settledAt: expect.any(Number) as number });
        expect(await ledger.find(merchant, 'e2'))
          .toEqual({ ...stored, idempotencyKey: 'e2', status: 'rejected', reason: 'exceeds_hold', settledAt: expect.any(Number) as number });
      });

      it('have no effect when they come again, and are conflicts with other fields', async () => {
        await ledger.applyHolds([hold(merchant, 'h'), hold(merchant, 'other')]);
        const part = end('e', 'h', { amount: 50 });
        expect(await ledger.applyHoldEnd(part)).toEqual(APPLIED);
        expect(await ledger.applyHoldEnd({ ...part, acceptedAt: part.acceptedAt + 1 }, { waitIsOver: true })).toEqual(DUPLICATE);
        for (const others of [{ amount: 49 }, { holdOf: 'other' }, { reason: 'payout' }, { type: type === 'release' ? 'settle' : 'release' } as const]) {
          expect(await ledger.applyHoldEnd({ ...part, ...others })).toEqual(CONFLICT);
        }
        expect(await ledger.applyHoldEnd(end('rest', 'h', { amount: 50 }))).toEqual(APPLIED);
      });

      it('wait for their hold, and are applied when it is there', async () => {
        const early = end('e', 'h');
        expect(await ledger.applyHoldEnd(early)).toEqual(WAITING);
        expect(await ledger.find(merchant, 'e')).toBeUndefined();
        await ledger.applyHolds([hold(merchant, 'h')]);
        expect(await ledger.applyHoldEnd(early)).toEqual(APPLIED);
      });

      it('are rejected when the wait is over, for good', async () => {
        const early = end('e', 'h');
        expect(await ledger.applyHoldEnd(early, { waitIsOver: true })).toEqual({ kind: 'rejected', reason: 'unknown_hold' });
        await ledger.applyHolds([hold(merchant, 'h')]);
        expect(await ledger.applyHoldEnd(early)).toEqual({ kind: 'rejected', reason: 'unknown_hold' });
        expect(await ledger.applyHoldEnd(end('e2', 'h'))).toEqual(APPLIED);
      });

      it.each([
        ['in another currency', { holdOf: 'h', currency: 'USD' }],
        ['of a payment', { holdOf: 'k' }],
        ['of the end of a hold', { holdOf: 'earlier' }],
        ['of itself', { holdOf: 'e' }],
      ])('%s are rejected at once', async (_what, others) => {
        await apply(payment(merchant, 'k'));
        await ledger.applyHolds([hold(merchant, 'h')]);
        await ledger.applyHoldEnd(end('earlier', 'h', { amount: 10 }));
        expect(await ledger.applyHoldEnd(end('e', 'h', { amount: 1, ...others }))).toEqual({ kind: 'rejected', reason: 'unknown_hold' });
        expect(await ledger.applyHoldEnd(end('rest', 'h', { amount: 90 }))).toEqual(APPLIED);
      });

      it('are admitted however old the hold is', async () => {
        await ledger.applyHolds([hold(merchant, 'h')]);
        expect(await ledger.applyHoldEnd(end('e', 'h', { acceptedAt: ACCEPTED_AT + 100 * REFUND_WINDOW_SECONDS * 1_000 }))).toEqual(APPLIED);
      });

      it('of one hold at the same time never take more than there is', async () => {
        await ledger.applyHolds([hold(merchant, 'h', { amount: 100 })]);
        const outcomes = await Promise.all(Array.from({ length: 10 }, (_, index) => ledger.applyHoldEnd(end(`e${index}`, 'h', { amount: 25 }))));
        expect(outcomes.map(({ kind }) => kind).sort()).toEqual([...Array<string>(4).fill('applied'), ...Array<string>(6).fill('rejected')]);
      });

      it('take effect once when several workers have them at the same time', async () => {
        await ledger.applyHolds([hold(merchant, 'h')]);
        const outcomes = await Promise.all([0, 1, 2, 3].map(() => ledger.applyHoldEnd(end('e', 'h', { amount: 30 }))));
        expect(outcomes.map(({ kind }) => kind).sort()).toEqual(['applied', 'duplicate', 'duplicate', 'duplicate']);
        expect(await ledger.applyHoldEnd(end('rest', 'h', { amount: 70 }))).toEqual(APPLIED);
      });

      it('are neither holds nor refunds', async () => {
        expect((await ledger.applyHoldEnd(hold(merchant, 'h'))).kind).toBe('impossible');
        expect((await ledger.applyHoldEnd(refund(merchant, 'h', 'k') as never)).kind).toBe('impossible');
        expect((await ledger.applyRefund(end('h', 'k') as never)).kind).toBe('impossible');
        expect(await ledger.find(merchant, 'h')).toBeUndefined();
      });

      it('are not stored when there is no time left', async () => {
        await ledger.applyHolds([hold(merchant, 'h')]);
        expect((await ledger.applyHoldEnd(end('e', 'h'), { deadline: Date.now() - 1 })).kind).toBe('unavailable');
        expect(await ledger.find(merchant, 'e')).toBeUndefined();
      });
    });

    it('does what the model does, for any steps, and again when they are replayed in another order', async () => {
      await fc.assert(fc.asyncProperty(someSteps, someSteps, async (drawn, others) => {
        const steps = rename([...drawn, ...others, ...[...drawn].reverse()], `${newMerchant()}-`);
        const model = new LedgerModel(REFUND_WINDOW_SECONDS * 1_000);
        for (const step of steps) {
          const expected = recordsOf(step).map((record) => model.apply(record, step.kind === 'draw' && step.waitIsOver));
          expect(await run(ledger, step)).toEqual(expected);
        }
        for (const { record } of model.records) {
          const { settledAt: _, ...entry } = await ledger.find(record.merchantId, record.idempotencyKey) ?? { settledAt: 0 };
          expect(entry).toEqual(model.find(record.merchantId, record.idempotencyKey));
        }
      }), { numRuns: 25, endOnFailure: true });
    }, 60_000);
  });
}
