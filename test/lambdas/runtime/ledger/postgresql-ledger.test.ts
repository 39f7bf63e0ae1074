import fc from 'fast-check';
import type { LedgerEntry } from '../../../../lambdas/runtime/ledger/ledger';
import type { PostgresqlCaller } from '../../../../lambdas/runtime/ledger/postgresql-connections';
import { PostgresqlConnectionError, PostgresqlError } from '../../../../lambdas/runtime/ledger/postgresql-errors';
import { PostgresqlLedger } from '../../../../lambdas/runtime/ledger/postgresql-ledger';
import { PostgresqlLedgerQueries } from '../../../../lambdas/runtime/ledger/postgresql-queries';
import { RetryBudget } from '../../../../lambdas/runtime/retry/retry-budget';
import { RetryPolicy } from '../../../../lambdas/runtime/retry/retry';
import { ManualClock } from '../support/manual-clock';
import { ACCEPTED_AT, hold, holdEnd, newMerchant, payment, refund } from '../support/payments';
import { FaultyDatabase, LOSE, PASS } from './faulty-database';
import { LedgerModel } from './ledger-model';
import { REFUND_WINDOW_SECONDS, rename, runLikeModel, someSteps } from './ledger-steps';
import { describeWithPostgresql, PostgresqlDatabase } from './postgresql-database';

const DEADLOCK = new PostgresqlError('40P01', 'deadlock detected');
const SERIALIZATION = new PostgresqlError('40001', 'could not serialize access');

describeWithPostgresql('PostgresqlLedger', () => {
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
    ledger = open(faulty);
    merchant = newMerchant();
  });

  function open(caller: PostgresqlCaller, budget = new RetryBudget({ capacity: 1_000 }), others = {}): PostgresqlLedger {
    return new PostgresqlLedger({
      database: caller, refundWindowSeconds: REFUND_WINDOW_SECONDS, retry: new RetryPolicy({ clock, budget, maximumAttempts: 50 }), ...others,
    });
  }

  it.each([
    [{ batchSize: 0 }, '`batchSize` must be an integer from 1 to 10000, got: 0'],
    [{ concurrency: 1.5 }, '`concurrency` must be an integer from 1 to 1000, got: 1.5'],
    [{ balanceSlots: 1_025 }, '`balanceSlots` must be an integer from 1 to 1024, got: 1025'],
    [{ schema: 'a"; DROP' }, '`schema` must be 1 to 63 lower-case letters, digits and \'_\', and not begin with a digit, got: a"; DROP'],
  ])('refuses %j', (options, message) => {
    expect(() => new PostgresqlLedger({ database: faulty, ...options })).toThrow(message);
  });

  it('applies a batch with one call', async () => {
    const paid = Array.from({ length: 100 }, (_, index) => payment(merchant, `k${index}`));
    expect(new Set((await ledger.applyPayments(paid)).map(({ kind }) => kind))).toEqual(new Set(['applied']));
    expect(faulty.calls).toHaveLength(1);
    expect(await queries.balances(merchant)).toEqual([{ currency: 'EUR', available: 10_000n, held: 0n, count: 100n }]);
  });

  it('cuts larger batches', async () => {
    const paid = Array.from({ length: 25 }, (_, index) => payment(merchant, `k${index}`));
    await open(faulty, undefined, { batchSize: 10 }).applyPayments(paid);
    // The types of its records.
    expect(faulty.calls.map(({ values }) => String(values?.[2]).split(',').length)).toEqual([10, 10, 5]);
  });

  it('sums balances beyond 64 bits', async () => {
    await database.connections.query({
      text: 'INSERT INTO ledger.balance_slot VALUES ($1, \'EUR\', 2000, 9223372036854775807, 0, 1), ($1, \'EUR\', 2001, 9223372036854775807, 0, 1)',
      values: [merchant],
    });
    await open(faulty, undefined, { balanceSlots: 1 }).applyPayments([payment(merchant, 'k', { amount: 1e12 })]);
    expect(await queries.balances(merchant)).toEqual([{ currency: 'EUR', available: 18446744073709551614n + 1_000_000_000_000n, held: 0n, count: 3n }]);
  });

  it('asks the replica when the latest writes are not needed', async () => {
    await ledger.applyPayments([payment(merchant, 'k')]);
    const replica = new FaultyDatabase({ query: async () => [] });
    const both = open(faulty, undefined, { replica });
    expect(await both.find(merchant, 'k')).toBeDefined();
    expect(await both.find(merchant, 'k', { consistent: false })).toBeUndefined();
    expect(replica.calls).toHaveLength(1);
  });

  it('keeps schemas apart', async () => {
    await ledger.applyPayments([payment(merchant, 'k')]);
    // There is no such schema: nothing of the other one is seen or changed.
    expect((await open(database.connections, new RetryBudget({ capacity: 1 }), { schema: 'other' }).applyPayments([payment(merchant, 'k')]))[0].kind)
      .toBe('unavailable');
  });

  describe('when an answer is lost', () => {
    it.each([
      ['the connection', new PostgresqlConnectionError('reset')],
      ['the server', new PostgresqlError('57P01', 'terminating connection due to administrator command')],
    ])('with %s, does not count its own insert as a duplicate', async (_with, error) => {
      faulty.once({ kind: 'lose', error });
      const paid = Array.from({ length: 3 }, (_, index) => payment(merchant, `k${index}`));
      expect((await ledger.applyPayments(paid)).map(({ kind }) => kind)).toEqual(['applied', 'applied', 'applied']);
      expect(faulty.calls).toHaveLength(2);
      expect(await queries.balances(merchant)).toEqual([{ currency: 'EUR', available: 300n, held: 0n, count: 3n }]);
    });

    it('still counts what was inserted before, by another request or by an earlier delivery of this one', async () => {
      await open(database.connections).applyPayments([payment(merchant, 'k', { acceptedAt: ACCEPTED_AT - 1 }), payment(merchant, 'l')]);
      clock.time += 1;
      faulty.once(LOSE);
      expect(await ledger.applyPayments([payment(merchant, 'k'), payment(merchant, 'l')]))
        .toEqual([{ kind: 'duplicate', conflict: false }, { kind: 'duplicate', conflict: false }]);
    });

    it('does not take what another worker stored for its own after an error that says that nothing happened', async () => {
      let stored = false;
      faulty.decide = () => {
        const first = !stored;
        stored = true;
        return first ? { kind: 'fail', error: DEADLOCK } : PASS;
      };
      await open(database.connections).applyPayments([payment(merchant, 'k')]);
      expect(await ledger.applyPayments([payment(merchant, 'k')])).toEqual([{ kind: 'duplicate', conflict: false }]);
    });

    it('refunds once, and ends a hold once', async () => {
      await ledger.applyPayments([payment(merchant, 'k')]);
      await ledger.applyHolds([hold(merchant, 'h')]);
      faulty.once(LOSE);
      expect(await ledger.applyRefund(refund(merchant, 'r', 'k', { amount: 60 }))).toEqual({ kind: 'applied' });
      faulty.once(LOSE);
      expect(await ledger.applyRefund(refund(merchant, 'r2', 'k', { amount: 60 }))).toEqual({ kind: 'rejected', reason: 'exceeds_payment' });
      faulty.once(LOSE);
      expect(await ledger.applyHoldEnd(holdEnd(merchant, 'e', 'h', { type: 'settle', amount: 30 }))).toEqual({ kind: 'applied' });
      expect(await queries.balances(merchant)).toEqual([{ currency: 'EUR', available: -60n, held: 70n, count: 4n }]);
    });
  });

  it.each([SERIALIZATION, DEADLOCK, new PostgresqlError('57014', 'canceling statement'), new PostgresqlError('53300', 'too many connections')])(
    'tries again after $code, with a wait', async (error) => {
      faulty.once({ kind: 'fail', error });
      expect(await ledger.applyPayments([payment(merchant, 'k')])).toEqual([{ kind: 'applied' }]);
      faulty.once({ kind: 'fail', error });
      expect(await ledger.applyRefund(refund(merchant, 'r', 'k'))).toEqual({ kind: 'applied' });
      expect(clock.sleeps).toHaveLength(2);
    });

  it('isolates what can never be stored, and stores the others', async () => {
    const bad = [payment(merchant, 'nul\u0000'), payment(merchant, 'fraction', { amount: 1.5 }), payment(merchant, 'nothing', { amount: 0 })];
    const good = Array.from({ length: 13 }, (_, index) => payment(merchant, `k${index}`));
    const batch = [...good.slice(0, 4), bad[0], ...good.slice(4, 9), bad[1], bad[2], ...good.slice(9)];
    const outcomes = await ledger.applyPayments(batch);
    batch.forEach((record, index) => {
      expect([record.idempotencyKey, outcomes[index].kind]).toEqual([record.idempotencyKey, bad.includes(record) ? 'impossible' : 'applied']);
    });
    expect((await ledger.applyRefund(refund(merchant, 'r\u0000', 'k1'))).kind).toBe('impossible');
    expect(await queries.balances(merchant)).toEqual([{ currency: 'EUR', available: 1_300n, held: 0n, count: 13n }]);
    expect(clock.sleeps).toEqual([]);
  });

  it('answers that it is unavailable when the database stays down, with a bounded number of calls', async () => {
    faulty.decide = () => ({ kind: 'fail', error: new PostgresqlConnectionError('down') });
    const impatient = open(faulty, new RetryBudget({ capacity: 10 }), { batchSize: 10 });
    const paid = Array.from({ length: 40 }, (_, index) => payment(merchant, `k${index}`));
    const outcomes = await impatient.applyPayments([...paid, paid[0]]);
    expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(['unavailable']));
    // Four calls at first, and the ten retries that the budget allows.
    expect(faulty.calls).toHaveLength(14);
    expect((await impatient.applyRefund(refund(merchant, 'r', 'k1'))).kind).toBe('unavailable');
  });

  it.each([
    ['a right is missing', new PostgresqlError('42501', 'permission denied')],
    ['there is no partition', new PostgresqlError('23514', 'no partition of relation "entry" found for row')],
  ])('is unavailable at once when %s', async (_what, error) => {
    faulty.decide = () => ({ kind: 'fail', error });
    expect(await ledger.applyPayments([payment(merchant, 'k')])).toEqual([{ kind: 'unavailable', error }]);
    expect(await ledger.applyRefund(refund(merchant, 'r', 'k'))).toEqual({ kind: 'unavailable', error });
    expect(clock.sleeps).toEqual([]);
  });

  it('stores nothing in a time that has no partition', async () => {
    clock.time = ACCEPTED_AT + 400 * 86_400_000;
    const [outcome] = await ledger.applyPayments([payment(merchant, 'k')]);
    expect(outcome).toMatchObject({ kind: 'unavailable', error: { code: '23514' } });
    expect(await queries.balances(merchant)).toEqual([]);
    expect(await ledger.find(merchant, 'k')).toBeUndefined();
  });

  it('reads entries by time, page by page, and what was drawn on one', async () => {
    for (const key of ['a', 'b', 'c', 'd', 'e']) {
      await ledger.applyPayments([payment(merchant, `${key}1`), payment(merchant, `${key}2`)]);
      clock.time += 10;
    }
    const from = clock.time - 40;
    const keys: string[] = [];
    let page = await queries.entries(merchant, from, from + 30, undefined, 4);
    for (;;) {
      keys.push(...page.entries.map(({ idempotencyKey }) => idempotencyKey));
      if (page.next === undefined) {
        break;
      }
      page = await queries.entries(merchant, from, from + 30, page.next, 4);
    }
    expect(keys.sort()).toEqual(['b1', 'b2', 'c1', 'c2', 'd1', 'd2']);
    await ledger.applyRefund(refund(merchant, 'r1', 'a1', { amount: 70 }));
    await ledger.applyRefund(refund(merchant, 'r2', 'a1', { amount: 70 }));
    await expect(queries.entries(merchant, from, from + 1, undefined, 0)).rejects.toThrow('`limit` must be an integer from 1 to 1000, got: 0');
    expect(await queries.draws(merchant, 'a1')).toEqual([
      { idempotencyKey: 'r1', type: 'refund', amount: 70, settledAt: clock.time },
      { idempotencyKey: 'r2', type: 'refund', amount: 70, settledAt: clock.time, reason: 'exceeds_payment' },
    ].sort((one, other) => one.idempotencyKey.localeCompare(other.idempotencyKey)));
  });

  it('decides on what is left when another draw of the same row is committed, not on what was there before', async () => {
    await ledger.applyPayments([payment(merchant, 'k', { amount: 100 })]);
    const waiting = await database.connections.withSession(async (session) => {
      await session.query({ text: 'BEGIN' });
      expect(await open(session).applyRefund(refund(merchant, 'r1', 'k', { amount: 60 }))).toEqual({ kind: 'applied' });
      const other = ledger.applyRefund(refund(merchant, 'r2', 'k', { amount: 60 }));
      while ((await database.connections.query({ text: "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'" })).length === 0) {
        // Until the other one waits.
      }
      await session.query({ text: 'COMMIT' });
      return [other];
    });
    expect(await waiting[0]).toEqual({ kind: 'rejected', reason: 'exceeds_payment' });
  });

  it('takes the keys of a call in one order, whatever order they came in', async () => {
    const records = Array.from({ length: 20 }, (_, index) => payment(merchant, `k${index}`));
    await ledger.applyPayments(records);
    await ledger.applyPayments([...records].reverse());
    const [first, second] = faulty.calls.map(({ values }) => values![3]);
    expect(faulty.calls).toHaveLength(2);
    expect(second).toEqual(first);
  });

  it('has no deadlocks when writers have the same keys and merchants in other orders', async () => {
    const before = await deadlocks();
    const merchants = Array.from({ length: 5 }, newMerchant);
    const records = Array.from({ length: 300 }, (_, index) => payment(merchants[index % 5], `k${index}`));
    const writers = Array.from({ length: 6 }, (_, writer) => open(database.connections, undefined, { balanceSlots: 1, batchSize: 50, concurrency: 1 })
      .applyPayments([...records].sort((one, other) => order(one.idempotencyKey, writer) - order(other.idempotencyKey, writer))));
    const outcomes = (await Promise.all(writers)).flat();
    expect(outcomes.filter(({ kind }) => kind === 'applied')).toHaveLength(300);
    expect(outcomes.filter(({ kind }) => kind === 'duplicate')).toHaveLength(1_500);
    expect(await deadlocks()).toBe(before);
    for (const each of merchants) {
      expect(await queries.balances(each)).toEqual([{ currency: 'EUR', available: 6_000n, held: 0n, count: 60n }]);
    }
  });

  /** Deadlocks that the server has seen so far. */
  async function deadlocks(): Promise<number> {
    // Connections report what they saw when they are idle; this one is told to.
    await database.connections.query({ text: 'SELECT pg_stat_force_next_flush()' });
    const [row] = await database.connections.query({ text: 'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()' });
    return Number(row.deadlocks);
  }

  it('ends where the model ends, balances too, when calls are lost or refused, as long as it is asked again', async () => {
    const faults = fc.infiniteStream(fc.constantFrom('pass', 'pass', 'pass', 'lose', 'deadlock', 'lose-before'));
    await fc.assert(fc.asyncProperty(someSteps, faults, async (drawn, stream) => {
      faulty.decide = () => {
        switch (stream.next().value) {
          case 'lose': return LOSE;
          case 'deadlock': return { kind: 'fail', error: DEADLOCK };
          case 'lose-before': return { kind: 'fail', error: new PostgresqlConnectionError('reset') };
          default: return PASS;
        }
      };
      // A small budget, so that calls also fail for good and have to be made again.
      const flaky = open(faulty, new RetryBudget({ capacity: 2, depositPerSuccess: 1 }), { batchSize: 2, balanceSlots: 3 });
      const model = new LedgerModel(REFUND_WINDOW_SECONDS * 1_000);
      for (const step of rename(drawn, `${newMerchant()}-`)) {
        // What was stored in an earlier millisecond is known to be an earlier call's work.
        clock.time += 1;
        await runLikeModel(flaky, model, step);
      }
      for (const merchantId of new Set(model.records.map(({ record }) => record.merchantId))) {
        for (const { currency, available, held } of await queries.balances(merchantId)) {
          expect([currency, { available, held }]).toEqual([currency, model.balance(merchantId, currency)]);
        }
      }
      for (const { record } of model.records) {
        const found = await open(database.connections).find(record.merchantId, record.idempotencyKey);
        const { settledAt: _, acceptedAt: __, ...entry } = found as LedgerEntry;
        expect(model.find(record.merchantId, record.idempotencyKey)).toMatchObject(entry);
      }
    }), { numRuns: 30, endOnFailure: true });
  }, 60_000);
});

/** A place of a key in the order of one writer. */
function order(key: string, writer: number): number {
  return (Number(key.slice(1)) * (7 + 6 * writer)) % 307;
}
