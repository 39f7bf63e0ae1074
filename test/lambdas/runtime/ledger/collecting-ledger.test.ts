import { CollectingLedger, type CollectOptions } from '../../../../lambdas/runtime/ledger/collecting-ledger';
import type { ApplyOptions, BulkLedger, Outcome } from '../../../../lambdas/runtime/ledger/ledger';
import { APPLIED, DUPLICATE } from '../../../../lambdas/runtime/ledger/outcomes';
import type { StreamRecord } from '../../../../lambdas/runtime/payment/movement';
import type { PaymentRecord } from '../../../../lambdas/runtime/payment/payment';
import { type Deferred, deferred } from '../../../../lambdas/runtime/retry/deferred';
import { hold, holdEnd, payment, refund } from '../support/payments';

/** A call of the ledger below. */
interface Call {
  readonly records: readonly StreamRecord[];
  readonly options: ApplyOptions;
  readonly answer: (outcomes?: Outcome[]) => Promise<void>;
  readonly fail: (error: Error) => Promise<void>;
}

/** Lets promises that are settled go on. */
const turn = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve); });

describe('CollectingLedger', () => {
  let calls: Call[];
  let sleeps: { readonly milliseconds: number; readonly over: Deferred<void> }[];

  beforeEach(() => {
    calls = [];
    sleeps = [];
  });

  const below = {
    applyEntries: (records: readonly StreamRecord[], options: ApplyOptions) => new Promise<Outcome[]>((resolve, reject) => {
      calls.push({
        records,
        options,
        answer: async (outcomes = records.map(() => APPLIED)) => { resolve(outcomes); await turn(); },
        fail: async (error) => { reject(error); await turn(); },
      });
    }),
  } as BulkLedger;

  const collecting = (options: Partial<CollectOptions> = {}, others: Partial<BulkLedger> = {}) => new CollectingLedger({ ...below, ...others }, {
    milliseconds: 20,
    records: 10,
    calls: 1,
    clock: {
      now: () => 0,
      sleep: (milliseconds) => {
        const over = deferred<void>();
        sleeps.push({ milliseconds, over });
        return over.promise;
      },
    },
    ...options,
  });

  const waited = async (index: number): Promise<void> => {
    sleeps[index].over.resolve();
    await turn();
  };

  const payments = (name: string, count: number): PaymentRecord[] => (
    Array.from({ length: count }, (_, index) => payment('merchant', `${name}-${index}`))
  );

  it('puts batches that come within the time into one call, in their order', async () => {
    const ledger = collecting();
    const [one, other] = [payments('one', 2), payments('other', 3)];
    const outcomes = [ledger.applyPayments(one), ledger.applyPayments(other)];
    await turn();
    expect(calls).toHaveLength(0);
    expect(sleeps.map(({ milliseconds }) => milliseconds)).toEqual([20]);

    await waited(0);
    expect(calls.map((call) => call.records)).toEqual([[...one, ...other]]);
    await calls[0].answer([APPLIED, DUPLICATE, DUPLICATE, APPLIED, DUPLICATE]);
    expect(await Promise.all(outcomes)).toEqual([[APPLIED, DUPLICATE], [DUPLICATE, APPLIED, DUPLICATE]]);
  });

  it('waits no longer once there are enough, and does not split a batch', async () => {
    const ledger = collecting();
    void ledger.applyPayments(payments('one', 4));
    void ledger.applyPayments(payments('other', 7));
    expect(calls.map((call) => call.records.length)).toEqual([11]);
    void ledger.applyPayments(payments('next', 1));
    await calls[0].answer();
    expect(calls).toHaveLength(1);
    // The first wait was for payments that have gone.
    await waited(0);
    expect(calls).toHaveLength(1);
    await waited(1);
    expect(calls[1].records.map(({ idempotencyKey }) => idempotencyKey)).toEqual(['next-0']);
  });

  it('has no more calls under way than it may, and lets the next one grow meanwhile', async () => {
    const ledger = collecting({ calls: 2 });
    for (const name of ['one', 'two', 'three', 'four']) {
      void ledger.applyPayments(payments(name, 10));
    }
    expect(calls.map((call) => call.records.length)).toEqual([10, 10]);
    await calls[1].answer();
    expect(calls.map((call) => call.records.length)).toEqual([10, 10, 20]);
  });

  it('begins what has waited long enough as soon as a call ends', async () => {
    const ledger = collecting();
    void ledger.applyPayments(payments('one', 10));
    void ledger.applyPayments(payments('two', 1));
    await waited(0);
    expect(calls).toHaveLength(1);
    await calls[0].answer();
    expect(calls).toHaveLength(2);
  });

  it.each<[string, readonly ApplyOptions[], ApplyOptions]>([
    ['none', [{}, {}], {}],
    ['the one that there is', [{}, { deadline: 5 }], { deadline: 5 }],
    ['the earliest', [{ deadline: 7 }, { deadline: 5 }, { deadline: 6 }], { deadline: 5 }],
  ])('has the deadline of its batches: %s', async (_, given, expected) => {
    const ledger = collecting();
    given.forEach((options, index) => { void ledger.applyPayments(payments(`batch-${index}`, 1), options); });
    await waited(0);
    expect(calls[0].options).toEqual(expected);
  });

  it('tells every batch of an error, and goes on', async () => {
    const ledger = collecting();
    const failed = ['one', 'other'].map((name) => ledger.applyPayments(payments(name, 1)).catch((error: Error) => error.message));
    await waited(0);
    await calls[0].fail(new Error('broken'));
    expect(await Promise.all(failed)).toEqual(['broken', 'broken']);

    const next = ledger.applyPayments(payments('next', 1));
    await waited(1);
    await calls[1].answer();
    expect(await next).toEqual([APPLIED]);
  });

  it('puts draws of several batches into one call, and waits less for them', async () => {
    const draws = jest.fn(async (records: readonly StreamRecord[]): Promise<Outcome[]> => (
      records.map((_, index) => (index === 0 ? APPLIED : DUPLICATE))
    ));
    const ledger = collecting({}, { applyDraws: draws });
    const [one, other] = [refund('merchant', 'r', 'k'), holdEnd('merchant', 'e', 'h')];
    const outcomes = [ledger.applyRefund(one), ledger.applyHoldEnd(other)];
    expect(sleeps.map(({ milliseconds }) => milliseconds)).toEqual([5]);
    await waited(0);
    expect(draws.mock.calls.map(([records]) => records)).toEqual([[one, other]]);
    expect(await Promise.all(outcomes)).toEqual([APPLIED, DUPLICATE]);
  });

  it('puts holds in the calls of payments', async () => {
    const ledger = collecting();
    const some = payments('one', 1);
    const [one, other] = [hold('merchant', 'h1'), hold('merchant', 'h2')];
    const outcomes = [ledger.applyHolds([one]), ledger.applyPayments(some), ledger.applyHolds([other])];
    await waited(0);
    expect(calls.map(({ records }) => records)).toEqual([[one, ...some, other]]);
    await calls[0].answer([APPLIED, DUPLICATE, APPLIED]);
    expect(await Promise.all(outcomes)).toEqual([[APPLIED], [DUPLICATE], [APPLIED]]);
  });

  it('leaves it to the ledger to refuse what is no payment, or no hold', async () => {
    const refused = (reason: string) => (
      jest.fn(async (records: readonly StreamRecord[], _options?: ApplyOptions): Promise<Outcome[]> => records.map(() => ({ kind: 'impossible', reason })))
    );
    const [applyPayments, applyHolds] = [refused('it is not a payment'), refused('it is not a hold')];
    const ledger = collecting({}, { applyPayments, applyHolds });
    const options = { deadline: 7 };
    expect(await ledger.applyPayments([refund('merchant', 'r', 'k')], options)).toEqual([{ kind: 'impossible', reason: 'it is not a payment' }]);
    expect(await ledger.applyHolds([holdEnd('merchant', 'e', 'h')], options)).toEqual([{ kind: 'impossible', reason: 'it is not a hold' }]);
    expect([applyPayments.mock.calls[0][1], applyHolds.mock.calls[0][1]]).toEqual([options, options]);
    expect(calls).toHaveLength(0);
  });

  it.each([true, undefined])('lets what waits for nothing any more, and what is no draw, through at once (%s)', async (waitIsOver) => {
    const [applyRefund, applyHoldEnd] = [jest.fn(async () => APPLIED), jest.fn(async () => APPLIED)];
    const ledger = collecting({}, { applyRefund, applyHoldEnd });
    const [one, other] = waitIsOver === true
      ? [refund('merchant', 'r', 'k'), holdEnd('merchant', 'e', 'h')]
      : [payment('merchant', 'p'), hold('merchant', 'h')];
    expect(await ledger.applyRefund(one, { waitIsOver })).toBe(APPLIED);
    expect(await ledger.applyHoldEnd(other, { waitIsOver })).toBe(APPLIED);
    expect([applyRefund.mock.calls, applyHoldEnd.mock.calls]).toEqual([[[one, { waitIsOver }]], [[other, { waitIsOver }]]]);
    expect(sleeps).toHaveLength(0);
  });

  it('asks nothing for no payments', async () => {
    expect(await collecting().applyPayments([])).toEqual([]);
    expect(sleeps).toHaveLength(0);
  });

  it.each([
    [{ milliseconds: 0 }, '`milliseconds` must be a whole number between 1 and 1000, got: 0'],
    [{ drawMilliseconds: 1_001 }, '`drawMilliseconds` must be a whole number between 1 and 1000, got: 1001'],
    [{ records: 10_001 }, '`records` must be a whole number between 1 and 10000, got: 10001'],
    [{ calls: 0.5 }, '`calls` must be a whole number between 1 and 1000, got: 0.5'],
  ])('refuses %j', (options, message) => {
    expect(() => collecting(options)).toThrow(new RangeError(message));
  });
});
