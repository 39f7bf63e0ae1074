import fc from 'fast-check';
import type { Outcome } from '../../../../lambdas/runtime/ledger/ledger';
import { PostgresqlLedger, type PostgresqlLedgerOptions } from '../../../../lambdas/runtime/ledger/postgresql-ledger';
import { PostgresqlLedgerQueries } from '../../../../lambdas/runtime/ledger/postgresql-queries';
import type { StreamRecord } from '../../../../lambdas/runtime/payment/movement';
import { RetryPolicy } from '../../../../lambdas/runtime/retry/retry';
import { ManualClock } from '../support/manual-clock';
import { hold, holdEnd, newMerchant, payment, refund } from '../support/payments';
import { FaultyDatabase, LOSE } from './faulty-database';
import { LedgerModel } from './ledger-model';
import { recordsOf, REFUND_WINDOW_SECONDS, rename, run, someDraws, someSteps } from './ledger-steps';
import { describeWithPostgresql, PostgresqlDatabase } from './postgresql-database';

describeWithPostgresql('draws of PostgresqlLedger in bulk', () => {
  let database: PostgresqlDatabase;
  let queries: PostgresqlLedgerQueries;
  let faulty: FaultyDatabase;
  let clock: ManualClock;
  let ledger: PostgresqlLedger;
  let merchant: string;

  beforeAll(async () => {
    database = await PostgresqlDatabase.start();
    queries = new PostgresqlLedgerQueries(database.connections);
  });
  afterAll(() => database.stop());
  beforeEach(() => {
    faulty = new FaultyDatabase(database.connections);
    clock = new ManualClock();
    ledger = open();
    merchant = newMerchant();
  });

  function open(options: Partial<PostgresqlLedgerOptions> = {}): PostgresqlLedger {
    return new PostgresqlLedger({ database: faulty, refundWindowSeconds: REFUND_WINDOW_SECONDS, retry: new RetryPolicy({ clock }), ...options });
  }

  it('stores those that have no key in common with one call, and answers in their order', async () => {
    await ledger.applyPayments([payment(merchant, 'k1'), payment(merchant, 'k2')]);
    await ledger.applyHolds([hold(merchant, 'h1'), hold(merchant, 'h2')]);
    faulty.calls.length = 0;
    const draws: StreamRecord[] = [
      holdEnd(merchant, 'settled', 'h1', { type: 'settle', amount: 30 }),
      refund(merchant, 'refunded', 'k1', { amount: 60 }),
      refund(merchant, 'too-much', 'k2', { amount: 101 }),
      refund(merchant, 'early', 'not-there'),
      holdEnd(merchant, 'released', 'h2', { amount: 40 }),
    ];
    expect(await ledger.applyDraws(draws)).toEqual<Outcome[]>([
      { kind: 'applied' }, { kind: 'applied' }, { kind: 'rejected', reason: 'exceeds_payment' }, { kind: 'waiting' }, { kind: 'applied' },
    ]);
    expect(faulty.calls).toHaveLength(1);
    // 200 paid and as much held; 60 refunded, 30 paid out of what is held, 40 back.
    expect(await queries.balances(merchant)).toEqual([{ currency: 'EUR', available: -20n, held: 130n, count: 7n }]);
    expect(await ledger.applyDraws([...draws].reverse())).toEqual<Outcome[]>([
      { kind: 'duplicate', conflict: false }, { kind: 'waiting' }, { kind: 'rejected', reason: 'exceeds_payment' },
      { kind: 'duplicate', conflict: false }, { kind: 'duplicate', conflict: false },
    ]);
  });

  it('stores those of one row one after the other, and cuts what is more than a call takes', async () => {
    await ledger.applyPayments([payment(merchant, 'k1'), payment(merchant, 'k2'), payment(merchant, 'k3')]);
    faulty.calls.length = 0;
    const small = open({ batchSize: 2 });
    const draws = ['k1', 'k1', 'k2', 'k3'].map((key, index) => refund(merchant, `r${index}`, key, { amount: 60 }));
    expect((await small.applyDraws(draws)).map(({ kind }) => kind)).toEqual(['applied', 'rejected', 'applied', 'applied']);
    // The types of its records.
    expect(faulty.calls.map(({ values }) => String(values?.[3]).split(',').length)).toEqual([2, 2]);
  });

  it('does not count its own draws as duplicates when the answer is lost', async () => {
    await ledger.applyPayments([payment(merchant, 'k1'), payment(merchant, 'k2')]);
    faulty.once(LOSE);
    expect(await ledger.applyDraws([refund(merchant, 'r1', 'k1'), refund(merchant, 'r2', 'k2', { amount: 101 })]))
      .toEqual<Outcome[]>([{ kind: 'applied' }, { kind: 'rejected', reason: 'exceeds_payment' }]);
    expect(await queries.balances(merchant)).toEqual([{ currency: 'EUR', available: 100n, held: 0n, count: 3n }]);
  });

  it('isolates what can never be stored', async () => {
    await ledger.applyPayments(['k1', 'k2', 'k3'].map((key) => payment(merchant, key)));
    const outcomes = await ledger.applyDraws([
      refund(merchant, 'r1', 'k1'), refund(merchant, 'nul\u0000', 'k2'), refund(merchant, 'r3', 'k3'), payment(merchant, 'k4'),
      { ...refund(merchant, 'r5', 'k1'), refundOf: undefined },
    ]);
    expect(outcomes.map(({ kind }) => kind)).toEqual(['applied', 'impossible', 'applied', 'impossible', 'impossible']);
    expect(outcomes[3]).toEqual({ kind: 'impossible', reason: 'a payment draws on nothing' });
    expect(outcomes[4]).toEqual({ kind: 'impossible', reason: 'it names no payment' });
  });

  it('has no deadlocks when writers draw on the same rows in other orders, and draws once', async () => {
    const merchants = Array.from({ length: 4 }, newMerchant);
    const keys = Array.from({ length: 60 }, (_, index) => `k${index}`);
    await ledger.applyPayments(keys.map((key, index) => payment(merchants[index % 4], key)));
    const draws = keys.map((key, index) => refund(merchants[index % 4], `r-${key}`, key, { amount: 70 }));
    const writer = new PostgresqlLedger({ database: database.connections, balanceSlots: 1, batchSize: 20 });
    const outcomes = (await Promise.all([7, 11, 13, 17].map((step) => (
      writer.applyDraws(draws.map((_, index) => draws[index * step % draws.length]))
    )))).flat();
    expect(outcomes.filter(({ kind }) => kind === 'applied')).toHaveLength(60);
    expect(outcomes.filter(({ kind }) => kind === 'duplicate')).toHaveLength(180);
    for (const each of merchants) {
      expect(await queries.balances(each)).toEqual([{ currency: 'EUR', available: 450n, held: 0n, count: 30n }]);
    }
  });

  it('ends where the model ends that takes one after the other', async () => {
    await fc.assert(fc.asyncProperty(someSteps, someDraws, fc.boolean(), async (steps, drawn, waitIsOver) => {
      const prefix = `${newMerchant()}-`;
      const model = new LedgerModel(REFUND_WINDOW_SECONDS * 1_000);
      for (const step of rename(steps, prefix)) {
        recordsOf(step).forEach((record) => model.apply(record, step.kind === 'draw' && step.waitIsOver));
        await run(ledger, step);
      }
      const draws = drawn.map((draw) => ({ ...draw, merchantId: prefix + draw.merchantId }));
      const expected = draws.map((draw) => model.apply(draw, waitIsOver));
      expect(await ledger.applyDraws(draws, { waitIsOver })).toEqual(expected);
      for (const merchantId of new Set(model.records.map(({ record }) => record.merchantId))) {
        for (const { currency, available, held } of await queries.balances(merchantId)) {
          expect([currency, { available, held }]).toEqual([currency, model.balance(merchantId, currency)]);
        }
      }
    }), { numRuns: 60 });
  }, 60_000);
});
