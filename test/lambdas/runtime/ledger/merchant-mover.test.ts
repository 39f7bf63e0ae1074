import { MerchantMap, MerchantPlaces } from '../../../../lambdas/runtime/ledger/merchant-map';
import { MerchantMover, MoveMismatchError } from '../../../../lambdas/runtime/ledger/merchant-mover';
import type { PostgresqlCaller, PostgresqlStatement } from '../../../../lambdas/runtime/ledger/postgresql-connections';
import { migrateMerchantDirectory, MoveRefusedError, PostgresqlMerchantDirectory } from '../../../../lambdas/runtime/ledger/postgresql-merchant-directory';
import { PostgresqlShard } from '../../../../lambdas/runtime/ledger/postgresql-shard';
import { isRetryablePostgresqlError } from '../../../../lambdas/runtime/ledger/postgresql-errors';
import { deferred } from '../../../../lambdas/runtime/retry/deferred';
import { RetryPolicy } from '../../../../lambdas/runtime/retry/retry';
import { hold, holdEnd, newMerchant, payment, refund } from '../support/payments';
import { describeWithPostgresql } from './postgresql-database';
import { ShardedDatabase } from './sharded-database';

/** Tests that share the moments at which a mover can die. */
const PARTS = 8;

/** A mover dies: nothing tries again after it. */
class Crash extends Error {}

describeWithPostgresql('MerchantMover', () => {
  let database: ShardedDatabase;
  let merchant: string;
  let source: string;
  let target: string;

  beforeAll(async () => { database = await ShardedDatabase.start(2); });
  afterAll(() => database.stop());
  beforeEach(async () => {
    merchant = newMerchant();
    source = (await database.directory.read()).shardOf(merchant);
    target = source === 'shard_0' ? 'shard_1' : 'shard_0';
  });

  /** Rows of the merchant by shard and table. */
  async function rowsAt(name: string): Promise<number[]> {
    const [row] = await database.database.connections.query({
      text: `SELECT (SELECT count(*) FROM ${name}.entry WHERE merchant_id = $1) AS entries,
        (SELECT count(*) FROM ${name}.entry_key JOIN ${name}.entry USING (key, settled_at) WHERE merchant_id = $1) AS keys,
        (SELECT count(*) FROM ${name}.balance_slot WHERE merchant_id = $1) AS slots,
        (SELECT count(*) FROM ${name}.daily_total WHERE merchant_id = $1) AS days,
        (SELECT count(*) FROM ${name}.merchant_change WHERE merchant_id = $1) AS changes`,
      values: [merchant],
    });
    return Object.values(row).map(Number);
  }

  /** A mover whose every call goes through `around`. */
  function moverThrough(around: (call: () => Promise<unknown>, statement: PostgresqlStatement) => Promise<unknown>, options = {}): MerchantMover {
    const through = (caller: PostgresqlCaller): PostgresqlCaller => ({
      query: (statement) => around(() => caller.query(statement), statement) as ReturnType<PostgresqlCaller['query']>,
    });
    return new MerchantMover({
      directory: new PostgresqlMerchantDirectory({ database: through(database.database.connections) }),
      shard: (name) => new PostgresqlShard({ database: through(database.shard(name).database), schema: name }), windowMilliseconds: 0, ...options,
    });
  }

  /** Waits until a fence waits for writes under way. @throws what the fence throws, where it is over before */
  async function untilFenceWaits(fence: Promise<unknown>): Promise<void> {
    let isOver = false;
    fence.finally(() => { isOver = true; }).catch(() => undefined);
    const waits = "SELECT FROM pg_locks WHERE mode = 'ExclusiveLock' AND NOT granted AND locktype = 'relation'";
    while (!isOver && (await database.database.connections.query({ text: waits })).length === 0) {
      // Asked again.
    }
    if (isOver) {
      await fence;
    }
  }

  it.each([[{ pageRows: 0 }, '`pageRows` must be a whole number between 1 and 10000, got: 0'], [{ windowMilliseconds: -1 }, '`windowMilliseconds` must be']])(
    'refuses %j', (options, message) => { expect(() => database.mover(options)).toThrow(message); });

  it('moves everything that a merchant has, and leaves nothing behind after the window', async () => {
    const ledger = database.ledger();
    await ledger.applyPayments(Array.from({ length: 25 }, (_, index) => payment(merchant, `k${index}`)));
    await ledger.applyHolds([hold(merchant, 'h')]);
    await ledger.applyRefund(refund(merchant, 'r', 'k1', { amount: 60 }));
    const before = await database.queries().balances(merchant);
    const found = await ledger.find(merchant, 'r');
    let now = Date.now();
    const clock = { now: () => now, sleep: async () => undefined };
    const mover = database.mover({ pageRows: 10, windowMilliseconds: 60_000, retry: new RetryPolicy({ clock }) });
    await mover.move(merchant, target);
    // A worker that knows nothing of it, and its readers.
    expect(await ledger.find(merchant, 'r')).toEqual(found);
    expect(await ledger.applyPayments([payment(merchant, 'k1'), payment(merchant, 'k2', { amount: 1 })]))
      .toEqual([{ kind: 'duplicate', conflict: false }, { kind: 'duplicate', conflict: true }]);
    expect(await ledger.applyRefund(refund(merchant, 'r2', 'k1', { amount: 60 }))).toEqual({ kind: 'rejected', reason: 'exceeds_payment' });
    expect(await ledger.applyHoldEnd(holdEnd(merchant, 'e', 'h', { amount: 30 }))).toEqual({ kind: 'applied' });
    expect(await database.queries().balances(merchant))
      .toEqual([{ ...before[0], available: before[0].available + 30n, held: 70n, count: before[0].count + 1n }]);
    expect(await mover.clean()).toEqual([]);
    expect((await rowsAt(source))[0]).toBe(27);
    now += 60_000;
    expect(await mover.clean()).toEqual([merchant]);
    expect(await rowsAt(source)).toEqual([0, 0, 0, 0, 0]);
    expect(await database.directory.move(merchant)).toBeUndefined();
    // And back again.
    await mover.move(merchant, source);
    expect(await database.queries().balances(merchant)).toMatchObject([{ held: 70n }]);
    expect(await ledger.applyPayments([payment(merchant, 'k1'), payment(merchant, 'new')]))
      .toEqual([{ kind: 'duplicate', conflict: false }, { kind: 'applied' }]);
  });

  it('refuses a move that is none, and a second one before the first is over', async () => {
    const mover = database.mover({ windowMilliseconds: 60_000 });
    await expect(mover.move(merchant, source)).rejects.toThrow(`${merchant} lies in ${source} already`);
    await expect(mover.move(merchant, 'nowhere')).rejects.toThrow(MoveRefusedError);
    await mover.move(merchant, target);
    await expect(mover.move(merchant, source)).rejects.toThrow(`rows of it are left at ${source}`);
    await expect(migrateMerchantDirectory(database.database.connections, ['shard_1', 'shard_0'])).rejects.toThrow('merchants are spread over other shards');
  });

  // In parts, each with the time of a test: all of them together take minutes on a machine that others keep busy.
  it.each(Array.from({ length: PARTS }, (_, part) => part))('ends where it would have ended, wherever it dies, while the merchant is paid (%#)', async (part) => {
    const calls = await callsOfAMove();
    expect(calls).toBeGreaterThan(20);
    // Before a call and after it: both count.
    for (let death = part; death < 2 * calls; death += PARTS) {
      merchant = newMerchant();
      source = (await database.directory.read()).shardOf(merchant);
      target = source === 'shard_0' ? 'shard_1' : 'shard_0';
      // One that has looked before, and one that looks now.
      const workers = [database.ledger({ moveRetry: impatient() }), database.ledger({ moveRetry: impatient() })];
      await workers[0].applyPayments([payment(merchant, 'k0', { amount: 70 }), payment(merchant, 'k1', { amount: 40 })]);
      let made = 0;
      const dying = moverThrough(async (call) => {
        const own = made++;
        if (own === death >> 1 && death % 2 === 0) {
          throw new Crash();
        }
        const answer = await call();
        if (own === death >> 1) {
          throw new Crash();
        }
        return answer;
      }, { pageRows: 2, fenceBelow: 1 });
      await expect(dying.move(merchant, target).then(() => dying.clean())).rejects.toThrow(Crash);
      // Written or refused, as far as the move has come; what was refused comes again.
      const drawn = await workers[0].applyRefund(refund(merchant, 'r', 'k0', { amount: 30 }));
      const paid = await workers[1].applyPayments([payment(merchant, 'k1', { amount: 40 }), payment(merchant, 'k2', { amount: 5 })]);
      expect(['applied', 'unavailable']).toContain(drawn.kind);
      const mover = database.mover({ pageRows: 2 });
      if (await database.directory.move(merchant) === undefined && (await database.directory.read()).shardOf(merchant) === source) {
        await mover.move(merchant, target);
      } else {
        await mover.resume(merchant);
      }
      const again = [
        ...await workers[1].applyPayments([payment(merchant, 'k2', { amount: 5 }), payment(merchant, 'k3', { amount: 3 })]),
        await workers[0].applyRefund(refund(merchant, 'r', 'k0', { amount: 30 })), await workers[0].applyRefund(refund(merchant, 'r2', 'k0', { amount: 41 })),
      ];
      expect([death, ...again.map(({ kind }) => kind)])
        .toEqual([death, paid[1].kind === 'applied' ? 'duplicate' : 'applied', 'applied', drawn.kind === 'applied' ? 'duplicate' : 'applied', 'rejected']);
      await mover.clean();
      expect([death, ...await rowsAt(source)]).toEqual([death, 0, 0, 0, 0, 0]);
      expect([death, (await rowsAt(target)).slice(0, 2)]).toEqual([death, [6, 6]]);
      expect(await database.queries().balances(merchant)).toEqual([{ currency: 'EUR', available: 88n, held: 0n, count: 5n }]);
    }
  });

  /** What a worker does while its merchant is fenced for good, as its mover is dead: little. */
  function impatient(): RetryPolicy {
    return new RetryPolicy({ maximumAttempts: 2, clock: { now: Date.now, sleep: async () => undefined } });
  }

  async function callsOfAMove(): Promise<number> {
    // What is left of other tests would count.
    await database.mover().clean();
    await database.ledger().applyPayments([payment(merchant, 'k0'), payment(merchant, 'k1')]);
    let calls = 0;
    // One that fails is made again: only the second one is of the move.
    const counting = moverThrough(async (call) => {
      const answer = await call();
      calls++;
      return answer;
    }, { pageRows: 2, fenceBelow: 1 });
    await counting.move(merchant, target);
    await counting.clean();
    return calls;
  }

  it('does not let a worker write to the source that slept from before the move until after it', async () => {
    await database.ledger().applyPayments([payment(merchant, 'k')]);
    const fellAsleep = deferred();
    const woken = deferred();
    const writes: string[] = [];
    const sleeper = database.ledger({
      shard: (name) => {
        const { database: caller, schema } = database.shard(name);
        return new PostgresqlShard({ schema, database: {
          query: async (statement) => {
            if (statement.text.includes('apply_entries') && name === source) {
              fellAsleep.resolve();
              await woken.promise;
            }
            writes.push(name);
            return caller.query(statement);
          },
        } });
      },
    });
    const late = sleeper.applyPayments([payment(merchant, 'late'), payment(merchant, 'k')]);
    // It has read the directory by then.
    await fellAsleep.promise;
    await database.mover().move(merchant, target);
    await database.ledger().applyPayments([payment(merchant, 'late')]);
    woken.resolve();
    expect(await late).toEqual([{ kind: 'duplicate', conflict: false }, { kind: 'duplicate', conflict: false }]);
    expect([writes[0], writes.at(-1)]).toEqual([source, target]);
    expect(await database.queries().balances(merchant)).toMatchObject([{ available: 200n, count: 2n }]);
  });

  it('fences after a write that was let through is committed', async () => {
    await database.ledger().applyPayments([payment(merchant, 'k')]);
    const { connections } = database.database;
    await connections.withSession(async (session) => {
      await session.query({ text: 'BEGIN' });
      const inside = database.ledger({ shard: (name) => new PostgresqlShard({ database: session, schema: name }) });
      expect(await inside.applyPayments([payment(merchant, 'under way')])).toEqual([{ kind: 'applied' }]);
      const moving = database.mover().move(merchant, target);
      await untilFenceWaits(moving);
      await session.query({ text: 'COMMIT' });
      await moving;
    });
    expect(await database.queries().balances(merchant)).toMatchObject([{ available: 200n, count: 2n }]);
    expect(await database.ledger().applyPayments([payment(merchant, 'under way')])).toEqual([{ kind: 'duplicate', conflict: false }]);
  });

  it('holds up nobody but the merchant that is fenced', async () => {
    const map = await database.directory.read();
    const others: string[] = [];
    while (others.length < 3) {
      const other = newMerchant();
      others.push(...(map.shardOf(other) === source ? [other] : []));
    }
    const shard = database.shard(source);
    await shard.start(merchant, 1_000_000, 'copying', target);
    await shard.advance(merchant, 1_000_000, 'copying', 'fenced');
    // No second attempt: the others do not need one.
    const ledger = database.ledger({ moveRetry: new RetryPolicy({ maximumAttempts: 1 }) });
    const outcomes = await ledger.applyPayments([others[0], merchant, others[1], others[2], merchant].map((each, index) => payment(each, `k${index}`)));
    expect(outcomes.map(({ kind }) => kind)).toEqual(['applied', 'unavailable', 'applied', 'applied', 'unavailable']);
    expect(await database.queries().balances(merchant)).toEqual([]);
    // What is over changes nothing any more.
    await expect(shard.advance(merchant, 999_999, 'fenced', 'moved')).rejects.toMatchObject({ code: 'LM002' });
    await expect(shard.start(merchant, 999_999, 'copying', target)).rejects.toMatchObject({ code: 'LM002' });
  });

  it('fences after a write that was noted is committed, so that the note is there to be read', async () => {
    const shard = database.shard(source);
    const { connections } = database.database;
    await shard.start(merchant, 1_000_000, 'copying', target);
    const order: string[] = [];
    await connections.withSession(async (session) => {
      await session.query({ text: 'BEGIN' });
      await database.ledger({ shard: (name) => new PostgresqlShard({ database: session, schema: name }) }).applyPayments([payment(merchant, 'k')]);
      expect((await shard.changes(merchant, 10)).ids).toEqual([]);
      // As a mover does: a fence that waits for too long gives up, and is tried again.
      const fencing = new RetryPolicy().run(() => shard.advance(merchant, 1_000_000, 'copying', 'fenced'), { isRetryable: isRetryablePostgresqlError })
        .then(() => order.push('fenced'));
      await untilFenceWaits(fencing);
      order.push('committed');
      await session.query({ text: 'COMMIT' });
      await fencing;
    });
    expect(order).toEqual(['committed', 'fenced']);
    expect((await shard.changes(merchant, 10)).ids).toHaveLength(1);
  });

  it('lets a mover that slept through the move of another one do no harm, also after the merchant has come back', async () => {
    await database.ledger().applyPayments([payment(merchant, 'k')]);
    const fellAsleep = deferred();
    const woken = deferred();
    // It falls asleep before it takes in totals, and then before it forgets.
    const sleeper = moverThrough(async (call, { text }) => {
      if (text.includes('import_totals')) {
        fellAsleep.resolve();
        await woken.promise;
      }
      return call();
    });
    const late = sleeper.move(merchant, target);
    await Promise.race([fellAsleep.promise, late]);
    const other = database.mover();
    await other.resume(merchant);
    await other.clean();
    await database.ledger().applyPayments([payment(merchant, 'l')]);
    await other.move(merchant, source);
    woken.resolve();
    await late;
    await sleeper.clean();
    expect(await database.queries().balances(merchant)).toMatchObject([{ available: 200n, count: 2n }]);
    expect((await database.directory.read()).shardOf(merchant)).toBe(source);
  });

  it('takes no payments that came after the move for a difference, when another mover was faster', async () => {
    await database.ledger().applyPayments([payment(merchant, 'k')]);
    const fellAsleep = deferred();
    const woken = deferred();
    let asked = 0;
    const sleeper = moverThrough(async (call, { text }) => {
      // After it has looked at the source, before it looks at the target.
      if (text.includes('merchant_sums') && ++asked === 2) {
        fellAsleep.resolve();
        await woken.promise;
      }
      return call();
    });
    const late = sleeper.move(merchant, target);
    await Promise.race([fellAsleep.promise, late]);
    await database.mover().resume(merchant);
    await database.ledger().applyPayments([payment(merchant, 'l')]);
    woken.resolve();
    await late;
    expect(await database.queries().balances(merchant)).toMatchObject([{ available: 200n, count: 2n }]);
  });

  it('does not switch when source and target differ', async () => {
    await database.ledger().applyPayments([payment(merchant, 'k')]);
    const losing = moverThrough((call, { text }) => (text.includes('import_entries') ? Promise.resolve([{ answer: null }]) : call()));
    await expect(losing.move(merchant, target)).rejects.toThrow(MoveMismatchError);
    expect((await database.directory.read()).shardOf(merchant)).toBe(source);
  });

  it('reads from a directory that does not answer what was read last, and refuses when there is nothing', async () => {
    const map = new MerchantMap(1, ['a']);
    let answers = false;
    let now = 0;
    const read = async (): Promise<MerchantMap> => (answers ? map : Promise.reject(new Error('down')));
    const places = new MerchantPlaces({ source: { read }, ageMilliseconds: 10, clock: { now: () => now } });
    await expect(places.current()).rejects.toThrow('down');
    answers = true;
    expect(await places.current()).toBe(map);
    answers = false;
    now = 1_000;
    expect((await places.current()).shardOf('m')).toBe('a');
    expect(() => new MerchantMap(1, [])).toThrow('merchants must be spread over at least 1 shard, got: 0');
  });
});
