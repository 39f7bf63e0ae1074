import { randomUUID } from 'node:crypto';
import type { PostgresqlSessions } from '../../../../lambdas/runtime/ledger/postgresql-connections';
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

  describe('the pass that forgets keys', () => {
    const forgets = (text: string) => text.includes('forget_keys');
    const PAGE = { keysPerCall: 1 };

    /** Payments of the first day, whose keys take pages of their own, and the time at which they are over. */
    async function settleOld(count = 1_500): Promise<void> {
      await ledger.applyPayments(Array.from({ length: count }, (_, index) => payment(merchant, `old${index}`)));
      now = first + (KEEP + 1) * DAY;
    }

    /** A round in which so many calls forget keys before the process is ended; and how many there were. */
    async function round(calls = Infinity, others = {}): Promise<{ readonly calls: number; readonly report?: RetentionReport }> {
      let made = 0;
      const cut: PostgresqlSessions = {
        query: (statement) => database.connections.query(statement),
        withSession: (use) => database.connections.withSession((session) => use({
          query: async (statement) => {
            if (forgets(statement.text) && ++made > calls) {
              throw new Error('ended');
            }
            return session.query(statement);
          },
        })),
      };
      const dropping = dropPostgresqlPartitions(cut, { keepDays: KEEP, now, ...PAGE, ...others });
      const report = await dropping.catch((error: Error) => { expect(error.message).toBe('ended'); return undefined; });
      return { calls: Math.min(made, calls), report };
    }

    async function pages(): Promise<number> {
      const [row] = await database.connections.query({ text: "SELECT pg_relation_size('ledger.entry_key') / 8192 AS pages" });
      return Number(row.pages);
    }

    const oldKeys = () => count(`ledger.entry_key WHERE settled_at < ${first + DAY}`);

    beforeEach(async () => {
      // What other tests left is over too.
      await drop();
      await database.connections.query({ text: 'VACUUM ledger.entry_key' });
    });

    it('goes on where it was cut off, and looks at each page once', async () => {
      await settleOld();
      const all = await pages();
      expect(all).toBeGreaterThan(10);
      // The first call finds none that an earlier round left.
      const cut = await round(1 + 5);
      expect(cut.report).toBeUndefined();
      const left = await oldKeys();
      expect(left).toBeGreaterThan(0);
      expect(left).toBeLessThan(1_500);
      expect(await count(`ledger.entry_partition WHERE starts_at = ${first}`)).toBe(1);
      // One finds that there is nothing after it, one looks again when the partition is gone.
      const rest = await round();
      expect(rest.calls).toBe(all - 5 + 2);
      expect(rest.report?.dropped).toContain(`entry_${first}`);
      expect(await oldKeys()).toBe(0);
      expect(await count('ledger.key_pass')).toBe(0);
    });

    it('takes partitions along that were over when it began, and after it those that are over since', async () => {
      await settleOld();
      now = first + DAY;
      await ledger.applyPayments([payment(merchant, 'next day')]);
      now = first + (KEEP + 1) * DAY;
      await round(1 + 5);
      now += DAY;
      const { report } = await round();
      expect(report?.dropped).toEqual(expect.arrayContaining([`entry_${first}`, `entry_${first + DAY}`]));
      expect(await count(`ledger.entry_key WHERE settled_at < ${first + 2 * DAY}`)).toBe(0);
    });

    it('begins again where the table of keys was written anew', async () => {
      await settleOld();
      const young = first + DAY;
      [now] = [young];
      await ledger.applyPayments([payment(merchant, 'young')]);
      now = first + (KEEP + 1) * DAY;
      // What was looked at is behind it, and keys that were not move there.
      await round(1 + 6);
      expect(await oldKeys()).toBeGreaterThan(0);
      await database.connections.query({ text: 'VACUUM FULL ledger.entry_key' });
      expect((await round()).report?.dropped).toContain(`entry_${first}`);
      expect(await oldKeys()).toBe(0);
      expect(await count(`ledger.entry_key WHERE settled_at = ${young}`)).toBe(1);
    });

    it('waits where it is for a merchant that sets out meanwhile', async () => {
      await settleOld();
      const shard = new PostgresqlShard({ database: database.connections });
      const mover = newMerchant();
      await round(1 + 5);
      const left = await oldKeys();
      await shard.start(mover, 1, 'copying', 'b');
      expect((await round()).report).toEqual({ dropped: [], held: [], moving: [mover] });
      expect(await oldKeys()).toBe(left);
      await shard.advance(mover, 1, 'copying', 'fenced');
      await shard.advance(mover, 1, 'fenced', 'moved');
      expect((await round()).report?.dropped).toContain(`entry_${first}`);
    });

    it('does not drop the open hold of a merchant that came meanwhile', async () => {
      await settleOld();
      const shard = new PostgresqlShard({ database: database.connections });
      const comer = newMerchant();
      await round(1 + 5);
      await shard.start(comer, 2, 'importing', 'b');
      const entry = {
        key: randomUUID(), settled_at: first, accepted_at: first, amount: 100, type: 'hold', merchant_id: comer, idempotency_key: 'h', currency: 'EUR', remaining: 100,
      };
      await shard.import(comer, 2, JSON.stringify([entry]), { settledAt: String(first), key: entry.key });
      await shard.advance(comer, 2, 'importing', 'served');
      const { report } = await round();
      expect(report?.held).toEqual([{ partition: `entry_${first}`, holds: 1 }]);
      expect(report?.dropped).not.toContain(`entry_${first}`);
      expect(await count(`ledger.entry_key WHERE key = '${entry.key}'`)).toBe(1);
    });

    it('forgets what something else left behind without its entry, and nothing that is young', async () => {
      await settleOld(10);
      const [orphan, young] = [randomUUID(), randomUUID()];
      await database.connections.query({ text: 'INSERT INTO ledger.entry_key VALUES ($1, $2, 1), ($3, $4, 1)', values: [orphan, first - 1, young, now] });
      await round();
      expect(await count(`ledger.entry_key WHERE key = '${orphan}'`)).toBe(0);
      expect(await count(`ledger.entry_key WHERE key = '${young}'`)).toBe(1);
    });

    it('reads the pages of a call and nothing else', async () => {
      const [{ prosrc }] = await database.connections.query({ text: "SELECT prosrc FROM pg_proc WHERE oid = 'ledger.forget_keys'::regproc" });
      const statement = /DELETE FROM entry_key[^;]*/.exec(String(prosrc))![0].replace('entry_key', 'ledger.entry_key')
        .replaceAll('pass.page', '3').replaceAll('in_pages', '2').replace('pass.before', String(now)).replace('staying', "'{}'::int8multirange");
      await settleOld();
      await database.connections.query({ text: 'ANALYZE ledger.entry_key' });
      const [row] = await database.connections.query({ text: `EXPLAIN (FORMAT JSON) ${statement}` });
      const [{ Plan: plan }] = row['QUERY PLAN'] as { Plan: { Plans: Record<string, unknown>[] } }[];
      expect(plan.Plans).toEqual([expect.objectContaining({ 'Node Type': 'Tid Range Scan' })]);
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
