import { tryWithSessionLock, withSessionLock } from '../../../../lambdas/runtime/ledger/postgresql-session-locks';
import { ManualClock } from '../support/manual-clock';
import { describeWithPostgresql, PostgresqlDatabase } from './postgresql-database';

describeWithPostgresql('work that one session does at a time', () => {
  let database: PostgresqlDatabase;

  beforeAll(async () => { database = await PostgresqlDatabase.start(); });
  afterAll(() => database.stop());

  /** Does something while somebody else is at the work. */
  async function whileHeld<Result>(name: string, use: (release: () => Promise<void>) => Promise<Result>): Promise<Result> {
    return database.connect({ applicationName: 'the-other', poolSize: 1 }).withSession(async (session) => {
      await session.query({ text: 'BEGIN' });
      // As versions before this one took it.
      await session.query({ text: "SELECT pg_advisory_xact_lock(hashtextextended('ledger migration ' || $1, 0))", values: [name] });
      const release = async () => { await session.query({ text: 'COMMIT' }); };
      try {
        return await use(release);
      } finally {
        await release();
      }
    });
  }

  it('waits for the other one, for longer than anybody may wait for a lock', async () => {
    await database.withLockTimeout(() => whileHeld('patient', async (release) => {
      const clock = new ManualClock();
      const sleep = clock.sleep.bind(clock);
      clock.sleep = async (milliseconds) => {
        await sleep(milliseconds);
        if (clock.sleeps.length === 20) {
          await release();
        }
      };
      const done = await database.connect().withSession((session) => (
        withSessionLock(session, 'ledger migration patient', { clock, waitMilliseconds: 60_000 }, async () => 'done')));
      expect(done).toBe('done');
      expect(clock.sleeps).toHaveLength(20);
    }));
  });

  it('says who is at it when that takes too long, and does nothing', async () => {
    await whileHeld('bounded', async () => {
      const clock = new ManualClock();
      const began = clock.time;
      const work = jest.fn();
      await expect(database.connections.withSession((session) => (
        withSessionLock(session, 'ledger migration bounded', { clock, waitMilliseconds: 5_000 }, work)
      ))).rejects.toThrow(/^ledger migration bounded: waited 5 seconds for process \d+ of the server, the-other as postgres$/);
      expect(clock.time - began).toBe(5_000);
      expect(work).not.toHaveBeenCalled();
    });
  });

  it('is left by who does not wait', async () => {
    const attempt = () => database.connections.withSession((session) => tryWithSessionLock(session, 'ledger migration tried', async () => 'done'));
    await whileHeld('tried', async () => { expect(await attempt()).toBeUndefined(); });
    expect(await attempt()).toBe('done');
  });

  it('is free for the next one when it failed', async () => {
    const clock = new ManualClock();
    const attempt = (work: () => Promise<string>) => database.connections.withSession((session) => (
      withSessionLock(session, 'ledger failing', { clock, waitMilliseconds: 0 }, work)));
    await expect(attempt(() => Promise.reject(new Error('it failed')))).rejects.toThrow('it failed');
    expect(await database.connect().withSession((session) => withSessionLock(session, 'ledger failing', { clock, waitMilliseconds: 0 }, async () => 'done'))).toBe('done');
    expect(clock.sleeps).toEqual([]);
  });

  it('does not wait for work of another name', async () => {
    await whileHeld('one', async () => {
      expect(await database.connections.withSession((session) => tryWithSessionLock(session, 'ledger migration other', async () => 'done'))).toBe('done');
    });
  });

  it('is one of several at a time, and each has its turn', async () => {
    let [now, most, done] = [0, 0, 0];
    const clock = { now: () => 0, sleep: () => new Promise<void>(setImmediate) };
    await Promise.all(Array.from({ length: 4 }, () => database.connections.withSession((session) => (
      withSessionLock(session, 'ledger turns', { clock, waitMilliseconds: 1 }, async () => {
        most = Math.max(most, ++now);
        await session.query({ text: 'SELECT 1' });
        now--;
        done++;
      })))));
    expect([most, done]).toEqual([1, 4]);
  });
});
