import { PostgresqlLedger } from '../../../../lambdas/runtime/ledger/postgresql-ledger';
import { createPostgresqlPartitions } from '../../../../lambdas/runtime/ledger/postgresql-partitions';
import { PostgresqlLedgerQueries } from '../../../../lambdas/runtime/ledger/postgresql-queries';
import { dailyTotals, refreshDailyTotals } from '../../../../lambdas/runtime/ledger/postgresql-read-models';
import { dropPostgresqlPartitions, type RetentionReport } from '../../../../lambdas/runtime/ledger/postgresql-retention';
import { PostgresqlShard } from '../../../../lambdas/runtime/ledger/postgresql-shard';
import { RetryPolicy } from '../../../../lambdas/runtime/retry/retry';
import { hold, holdEnd, newMerchant, payment, refund } from '../support/payments';
import { describeWithPostgresql, PostgresqlDatabase } from './postgresql-database';

const DAY = 86_400_000;
const KEEP = 30;

describeWithPostgresql('what goes with time in a ledger of PostgreSQL', () => {
  let database: PostgresqlDatabase;
  let merchant: string;
  let now: number;
  let ledger: PostgresqlLedger;
  let first = 21_000 * DAY;

  beforeAll(async () => { database = await PostgresqlDatabase.start(); });
  afterAll(() => database.stop());
  beforeEach(async () => {
    merchant = newMerchant();
    // A time of its own for each test: partitions of a day at first, and of weeks for what comes after the window.
    first += 400 * DAY;
    now = first;
    await createPostgresqlPartitions(database.connections, { from: first, days: 2, partitionDays: 1 });
    await createPostgresqlPartitions(database.connections, { from: first + KEEP * DAY, days: 32, partitionDays: 28 });
    ledger = new PostgresqlLedger({
      database: database.connections, refundWindowSeconds: 864_000,
      retry: new RetryPolicy({ clock: { now: () => now, sleep: async () => undefined } }),
    });
  });

  function drop(others = {}): Promise<RetentionReport> {
    return dropPostgresqlPartitions(database.connections, { keepDays: KEEP, now, ...others });
  }

  async function count(text: string, values: unknown[] = []): Promise<number> {
    const [row] = await database.connections.query({ text: `SELECT count(*) AS count FROM ${text}`, values });
    return Number(row.count);
  }

  describe('retention', () => {
    it.each([[{ keepDays: 0 }, '`keepDays` must be a whole number between 1 and 3660, got: 0'], [{ keysPerCall: 0 }, '`keysPerCall` must be']])(
      'refuses %j', async (options, message) => { await expect(drop(options)).rejects.toThrow(message); });

    it('drops partitions with their keys after the window, and nothing else', async () => {
      await ledger.applyPayments(Array.from({ length: 25 }, (_, index) => payment(merchant, `old${index}`)));
      now = first + DAY;
      await ledger.applyPayments([payment(merchant, 'young')]);
      const keys = await count('ledger.entry_key');
      now = first + (KEEP + 1) * DAY - 1;
      expect((await drop()).dropped).not.toContain(`entry_${first}`);
      now += 1;
      expect(await drop({ keysPerCall: 10 })).toMatchObject({ dropped: expect.arrayContaining([`entry_${first}`]), held: [], moving: [] });
      expect(await count('ledger.entry_key')).toBe(keys - 25);
      expect(await count('ledger.entry WHERE merchant_id = $1', [merchant])).toBe(1);
      expect(await count('ledger.entry_partition WHERE starts_at = $1', [first])).toBe(0);
      expect(await ledger.find(merchant, 'old1')).toBeUndefined();
      expect(await ledger.applyPayments([payment(merchant, 'young')])).toEqual([{ kind: 'duplicate', conflict: false }]);
      // Its key is forgotten, its money is not.
      expect(await ledger.applyRefund(refund(merchant, 'r', 'old1'), { waitIsOver: true })).toEqual({ kind: 'rejected', reason: 'unknown_payment' });
      expect(await new PostgresqlLedgerQueries(database.connections).balances(merchant)).toMatchObject([{ available: 2_600n }]);
      expect((await drop()).dropped).toEqual([]);
    });

    it('keeps the key of who came again after an earlier round had forgotten it', async () => {
      await ledger.applyPayments([payment(merchant, 'again'), payment(merchant, 'other')]);
      await database.connections.query({ text: 'DELETE FROM ledger.entry_key WHERE settled_at = $1', values: [first] });
      now = first + 31 * DAY;
      await ledger.applyPayments([payment(merchant, 'again')]);
      expect((await drop()).dropped).toContain(`entry_${first}`);
      expect(await ledger.applyPayments([payment(merchant, 'again')])).toEqual([{ kind: 'duplicate', conflict: false }]);
    });

    it('keeps a partition as long as a hold in it is open', async () => {
      await ledger.applyHolds([hold(merchant, 'h'), hold(merchant, 'ended')]);
      await ledger.applyHoldEnd(holdEnd(merchant, 'e', 'ended'));
      now = first + 60 * DAY;
      expect((await drop()).held).toEqual([{ partition: `entry_${first}`, holds: 1 }]);
      expect(await ledger.applyHoldEnd(holdEnd(merchant, 'e2', 'h', { type: 'settle' }))).toEqual({ kind: 'applied' });
      expect(await drop()).toMatchObject({ held: [], dropped: [`entry_${first}`] });
    });

    it('waits for merchants that are on their way', async () => {
      const shard = new PostgresqlShard({ database: database.connections });
      await ledger.applyPayments([payment(merchant, 'k')]);
      now = first + 60 * DAY;
      await shard.start(merchant, 1, 'copying', 'b');
      expect(await drop()).toEqual({ dropped: [], held: [], moving: [merchant] });
      await shard.advance(merchant, 1, 'copying', 'fenced');
      await shard.advance(merchant, 1, 'fenced', 'moved');
      expect((await drop()).dropped).toContain(`entry_${first}`);
    });

    it('lets writers go on while it waits for one who still reads, and finishes what was broken off', async () => {
      await ledger.applyPayments([payment(merchant, 'k')]);
      now = first + (KEEP + 1) * DAY;
      const short = database.connect({ callMilliseconds: 1_500, poolSize: 1 });
      await database.connections.withSession(async (session) => {
        await session.query({ text: 'BEGIN ISOLATION LEVEL REPEATABLE READ' });
        await session.query({ text: 'SELECT count(*) FROM ledger.entry' });
        // Its detaching waits for that reader, until its call is broken off.
        let dropping = true;
        const broken = dropPostgresqlPartitions(short, { keepDays: KEEP, now }).catch((error: unknown) => error).finally(() => { dropping = false; });
        const waits = "SELECT FROM pg_stat_activity WHERE query LIKE 'ALTER TABLE%' AND wait_event_type = 'Lock'";
        while (dropping && (await database.connections.query({ text: waits })).length === 0) {
          // Until it waits.
        }
        const impatient = database.connect({ callMilliseconds: 1_000 });
        const once = new RetryPolicy({ maximumAttempts: 1, clock: { now: () => now, sleep: async () => undefined } });
        const writer = new PostgresqlLedger({ database: impatient, retry: once });
        const wrote: string[] = [];
        for (let index = 0; dropping && index < 20; index++) {
          wrote.push((await writer.applyPayments([payment(merchant, `w${index}`)]))[0].kind);
          wrote.push((await writer.applyRefund(refund(merchant, `r${index}`, `w${index}`))).kind);
        }
        expect(dropping).toBe(true);
        expect(new Set(wrote)).toEqual(new Set(['applied']));
        expect(await broken).toMatchObject({ code: '57014' });
        await session.query({ text: 'COMMIT' });
      });
      expect((await drop()).dropped).toContain(`entry_${first}`);
      expect(await count('ledger.entry_partition WHERE starts_at = $1', [first])).toBe(0);
    });

    it('waits for who still reads for longer than others may wait for a lock', async () => {
      await ledger.applyPayments([payment(merchant, 'k')]);
      now = first + (KEEP + 1) * DAY;
      await database.withLockTimeout(async () => {
        const patient = database.connect({ poolSize: 1 });
        let report: RetentionReport | Error | undefined;
        await database.connections.withSession(async (session) => {
          await session.query({ text: 'BEGIN ISOLATION LEVEL REPEATABLE READ' });
          await session.query({ text: 'SELECT count(*) FROM ledger.entry' });
          const dropping = dropPostgresqlPartitions(patient, { keepDays: KEEP, now })
            .then((it) => { report = it; }, (error: Error) => { report = error; });
          while (report === undefined && !(await database.outwaits('ALTER TABLE'))) {
            // Until it has waited for long.
          }
          await session.query({ text: 'COMMIT' });
          await dropping;
        });
        expect(report).toMatchObject({ dropped: expect.arrayContaining([`entry_${first}`]) });
        expect(await patient.query({ text: 'SHOW lock_timeout' })).toEqual([{ lock_timeout: '50ms' }]);
      });
    });

    it('leaves the work to one of several', async () => {
      await ledger.applyPayments([payment(merchant, 'k')]);
      now = first + (KEEP + 5) * DAY;
      const reports = await Promise.all([drop(), drop(), drop()]);
      const dropped = reports.flatMap((report) => report.dropped);
      expect(dropped).toContain(`entry_${first}`);
      expect(new Set(dropped).size).toBe(dropped.length);
    });
  });

  describe('totals of days', () => {
    async function days() {
      const { rows, asOf } = await dailyTotals(database.connections, 'ledger', 'a', first / DAY, first / DAY + 100, merchant);
      return { asOf, rows: rows.map(({ day, payments, refunds, holds, releases, settles, count: entries }) => [
        day - first / DAY, ...[payments, refunds, holds, releases, settles, entries].map(Number),
      ]) };
    }

    it('are those of the last refresh, and tell of when it was', async () => {
      await ledger.applyPayments([payment(merchant, 'k'), payment(merchant, 'l', { amount: 5 })]);
      await ledger.applyRefund(refund(merchant, 'r', 'k', { amount: 30 }));
      await ledger.applyRefund(refund(merchant, 'r2', 'k', { amount: 300 }));
      await ledger.applyHolds([hold(merchant, 'h')]);
      await ledger.applyHoldEnd(holdEnd(merchant, 'e', 'h', { amount: 10 }));
      await ledger.applyHoldEnd(holdEnd(merchant, 's', 'h', { type: 'settle', amount: 20 }));
      expect((await days()).rows).toEqual([]);
      expect(await refreshDailyTotals(database.connections, { now })).toBeGreaterThan(0);
      expect(await days()).toEqual({ asOf: now, rows: [[0, 105, 30, 100, 10, 20, 6]] });
      expect(await refreshDailyTotals(database.connections, { now })).toBe(0);
      const refreshed = now;
      now += DAY;
      await ledger.applyPayments([payment(merchant, 'm')]);
      expect(await days()).toEqual({ asOf: refreshed, rows: [[0, 105, 30, 100, 10, 20, 6]] });
      expect(await refreshDailyTotals(database.connections, { now })).toBe(1);
      expect(await days()).toEqual({ asOf: now, rows: [[0, 105, 30, 100, 10, 20, 6], [1, 100, 0, 0, 0, 0, 1]] });
      await ledger.applyPayments([payment(merchant, 'n')]);
      expect(await refreshDailyTotals(database.connections, { now })).toBe(1);
      expect((await days()).rows[1]).toEqual([1, 200, 0, 0, 0, 0, 2]);
    });

    it('have what was committed late, as long as that is within the slack', async () => {
      now = first + DAY + 60_000;
      await refreshDailyTotals(database.connections, { now });
      now = first + DAY - 1;
      await ledger.applyPayments([payment(merchant, 'late')]);
      now = first + DAY + 120_000;
      await refreshDailyTotals(database.connections, { now, slackMilliseconds: 0 });
      expect((await days()).rows).toEqual([]);
      await refreshDailyTotals(database.connections, { now, slackMilliseconds: 180_000 });
      expect((await days()).rows).toEqual([[0, 100, 0, 0, 0, 0, 1]]);
      await expect(refreshDailyTotals(database.connections, { slackMilliseconds: -1 })).rejects.toThrow('`slackMilliseconds` must be');
    });

    it('outlive their partition', async () => {
      await ledger.applyPayments([payment(merchant, 'k')]);
      await refreshDailyTotals(database.connections, { now });
      now = first + 60 * DAY;
      await drop();
      await refreshDailyTotals(database.connections, { now });
      expect((await days()).rows).toEqual([[0, 100, 0, 0, 0, 0, 1]]);
    });

    it('are refreshed while a writer is in the middle of a call, and while readers read', async () => {
      await database.connections.withSession(async (session) => {
        await session.query({ text: 'BEGIN' });
        const retry = new RetryPolicy({ clock: { now: () => now, sleep: async () => undefined } });
        const inside = new PostgresqlLedger({ database: session, retry });
        await inside.applyPayments([payment(merchant, 'under way')]);
        await refreshDailyTotals(database.connections, { now });
        expect((await days()).rows).toEqual([]);
        await session.query({ text: 'COMMIT' });
      });
      now += 1;
      await refreshDailyTotals(database.connections, { now });
      expect((await days()).rows).toEqual([[0, 100, 0, 0, 0, 0, 1]]);
    });
  });
});
