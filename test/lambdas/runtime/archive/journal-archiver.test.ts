import fc from 'fast-check';
import { streamShardName } from '../../../../lambdas/runtime/balance/stream-shard';
import { verifyArchive } from '../../../../lambdas/runtime/archive/chain-verification';
import { findChanges } from '../../../../lambdas/runtime/archive/change-search';
import { JournalArchiver, type JournalArchiverOptions, type JournalRun, unarchivedSince } from '../../../../lambdas/runtime/archive/journal-archiver';
import { JournalPlaceError } from '../../../../lambdas/runtime/archive/journal-reading';
import type { PostgresqlCaller } from '../../../../lambdas/runtime/ledger/postgresql-connections';
import { PostgresqlLedger } from '../../../../lambdas/runtime/ledger/postgresql-ledger';
import { createPostgresqlPartitions } from '../../../../lambdas/runtime/ledger/postgresql-partitions';
import { migratePostgresqlLedger } from '../../../../lambdas/runtime/ledger/postgresql-migrations';
import { grantPostgresqlUsers } from '../../../../lambdas/runtime/ledger/postgresql-users';
import { PostgresqlShard } from '../../../../lambdas/runtime/ledger/postgresql-shard';
import { RetryPolicy } from '../../../../lambdas/runtime/retry/retry';
import { hold, holdEnd, newMerchant, payment, refund } from '../support/payments';
import { RecordedMetrics, recordedLogger } from '../support/silent';
import { describeWithPostgresql, PostgresqlDatabase } from '../ledger/postgresql-database';
import { MemoryHeads, MemoryObjectStore } from './memory-archive';

const SECOND = 1_000;
const HOUR = 3_600_000;
const SOURCE = { stream: 'postgresql/cluster-a/ledger', shard: 'shard-1' };
const CHAIN = streamShardName(SOURCE.stream, SOURCE.shard);

/** Schemas of the test, so that each has a journal of its own. */
let serial = 0;

describeWithPostgresql('the archiver of a journal in PostgreSQL', () => {
  let database: PostgresqlDatabase;
  let schema: string;
  let merchant: string;
  let objects: MemoryObjectStore;
  let heads: MemoryHeads;
  let metrics: RecordedMetrics;
  let now: number;
  let ledger: PostgresqlLedger;

  beforeAll(async () => { database = await PostgresqlDatabase.start(); });
  afterAll(() => database.stop());
  beforeEach(async () => {
    schema = `journal_${++serial}`;
    merchant = newMerchant();
    now = Date.now();
    await migrate(schema);
    ledger = ledgerOf(schema);
    objects = new MemoryObjectStore();
    heads = new MemoryHeads();
    metrics = new RecordedMetrics();
  });

  async function migrate(name: string): Promise<void> {
    await migratePostgresqlLedger(database.connections, { schema: name });
    await createPostgresqlPartitions(database.connections, { schema: name, from: now - 48 * HOUR, days: 6, partitionDays: 1 });
  }

  function ledgerOf(name: string): PostgresqlLedger {
    const clock = { now: () => now, sleep: async () => undefined };
    return new PostgresqlLedger({ database: database.connections, schema: name, refundWindowSeconds: 864_000, retry: new RetryPolicy({ clock }) });
  }

  function archiver(others: Partial<JournalArchiverOptions> = {}): JournalArchiver {
    const { logger } = recordedLogger();
    return new JournalArchiver({ database: database.connections, schema, source: SOURCE, objects, heads, metrics, logger, ...others });
  }

  /** Until all transactions are over that there are now: one of autovacuum holds up those that follow it, as any other does. */
  async function closed(): Promise<void> {
    const [{ next }] = await database.connections.query({ text: 'SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS next' });
    const isOver = { text: 'SELECT pg_snapshot_xmin(pg_current_snapshot()) >= $1::xid8 AS over', values: [next] };
    while ((await database.connections.query(isOver))[0].over !== true) {
      // It takes milliseconds.
    }
  }

  /** A run that finds closed what is stored by now. */
  async function archive(others: Partial<JournalArchiverOptions> = {}): Promise<JournalRun> {
    await closed();
    return archiver(others).run();
  }

  /** Keys of entries in the archive that is proven whole, in its order. */
  async function archived(): Promise<string[]> {
    const keys: string[] = [];
    const report = await verifyArchive(objects, { heads, visit: (_, __, changes) => keys.push(...changes.map(({ row }) => `${row.pk.S!.split('#')[0]} ${row.sk.S!}`)) });
    expect(report.breaks).toEqual([]);
    return keys;
  }

  /** Keys of entries in the journal. */
  async function stored(): Promise<string[]> {
    const rows = await database.connections.query({ text: `SELECT merchant_id, idempotency_key FROM ${schema}.entry` });
    return rows.map((row) => `${String(row.merchant_id)} ${String(row.idempotency_key)}`);
  }

  async function expectAll(): Promise<void> {
    expect((await archived()).sort()).toEqual((await stored()).sort());
  }

  /** A transaction of a writer that stands open, as its connection is slow. Its slot of balances is none that the ledger has, which would wait. */
  async function inOpenTransaction(
    work: (session: PostgresqlCaller, store: (key: string, settledAt: number) => Promise<void>) => Promise<void>,
  ): Promise<void> {
    await database.connect().withSession(async (session) => {
      await session.query({ text: 'BEGIN' });
      await work(session, async (key, settledAt) => {
        await session.query({
          text: `SELECT * FROM ${schema}.insert_entries('payment', $1, 1000000, $2, $3, $4, '{100}', '{EUR}', ARRAY[$1::bigint], '{p}', '{NULL}', '{NULL}', '{NULL}')`,
          values: [settledAt, [`00000000-0000-0000-0000-${key.padStart(12, '0')}`], [merchant], [key]],
        });
      });
      await session.query({ text: 'COMMIT' });
    });
  }

  it('archives what is stored, of every kind, as the tools of the other ledger read it', async () => {
    await ledger.applyPayments([payment(merchant, 'a'), payment(merchant, 'b', { amount: 7, traceParent: 'trace' })]);
    await ledger.applyRefund(refund(merchant, 'r', 'a', { amount: 40 }));
    await ledger.applyRefund(refund(merchant, 'too-much', 'b'));
    await ledger.applyHolds([hold(merchant, 'h', { amount: 5, reason: 'fraud' })]);
    await ledger.applyHoldEnd(holdEnd(merchant, 's', 'h', { amount: 5, type: 'settle' }));
    expect(await archive()).toMatchObject({ isAlone: true, entries: 6, lagMilliseconds: 0 });
    await expectAll();
    const [manifest] = objects.keys('manifests/').map((key) => JSON.parse(objects.objects.get(key)!.toString('utf8')));
    expect(manifest).toMatchObject({
      ...SOURCE, number: 1, changes: 6, unknown: 0, events: { INSERT: 6 },
      totals: { EUR: { payments: 2, paid: '107', refunds: 1, refunded: '40', rejected: 1, holds: 1, held: '5', settles: 1, settled: '5' } },
    });
    const found = await findChanges(objects, { merchantId: merchant, idempotencyKey: 'a' });
    expect(found.map(({ change: { row } }) => [row.sk.S, row.type.S, row.status.S, row.amount.N, row.refundable?.N, row.refundOf?.S])).toEqual([
      ['a', 'payment', 'applied', '100', '100', undefined], ['r', 'refund', 'applied', '40', undefined, 'a'],
    ]);
    const [rejected, held] = await Promise.all(['too-much', 'h'].map((idempotencyKey) => findChanges(objects, { merchantId: merchant, idempotencyKey })));
    expect(rejected[0].change.row).toMatchObject({ status: { S: 'rejected' }, reason: { S: 'exceeds_payment' } });
    expect(held.map(({ change: { row } }) => row)).toMatchObject([{ holdable: { N: '5' }, movementReason: { S: 'fraud' } }, { holdOf: { S: 'h' } }]);
    expect(metrics.counts.ChangesArchived).toBe(6);
  });

  it('does nothing when there is nothing new, and goes on with what is', async () => {
    expect(await archive()).toEqual({ isAlone: true, entries: 0, lagMilliseconds: 0 });
    for (const key of ['a', 'b', 'c']) {
      await ledger.applyPayments([payment(merchant, key)]);
      await archive();
      await archive();
    }
    expect(await archived()).toEqual(['a', 'b', 'c'].map((key) => `${merchant} ${key}`));
    expect(objects.keys('manifests/')).toHaveLength(3);
  });

  it('archives every entry once, wherever it is cut off', async () => {
    for (let batch = 0; batch < 5; batch++) {
      await ledger.applyPayments(Array.from({ length: 6 }, (_, index) => payment(merchant, `k${batch}-${index}`)));
    }
    const entries = (await stored()).sort();
    const deaths = fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 6 });
    await fc.assert(fc.asyncProperty(deaths, fc.integer({ min: 2, max: 15 }), async (cuts, objectEntries) => {
      objects = new MemoryObjectStore();
      heads = new MemoryHeads();
      for (const cut of cuts) {
        // Its writes fail from one of them on, as those of a function that is ended in their midst.
        let left = cut;
        const died = (): void => {
          if (left-- <= 0) {
            throw new Error('the function was ended');
          }
        };
        const dying: Partial<JournalArchiverOptions> = {
          objectEntries,
          objects: {
            put: async (...given) => {
              died();
              return objects.put(...given);
            },
            get: (key) => objects.get(key),
            list: (prefix) => objects.list(prefix),
          },
          heads: {
            read: (chain) => heads.read(chain),
            all: () => heads.all(),
            advance: async (...given) => {
              died();
              return heads.advance(...given);
            },
          },
        };
        await archive(dying).catch((error: Error) => { expect(error.message).toBe('the function was ended'); });
      }
      await archive({ objectEntries });
      expect((await archived()).sort()).toEqual(entries);
    }), { numRuns: 25 });
  });

  it('archives every entry once when its deadline ends each run after one object', async () => {
    await ledger.applyPayments(Array.from({ length: 50 }, (_, index) => payment(merchant, `k${index}`)));
    const small = archiver({ objectEntries: 8, clock: { now: () => Date.now() + HOUR, sleep: async () => undefined } });
    await closed();
    for (let run = 1; run <= 7; run++) {
      const { entries, lagMilliseconds } = await small.run(Date.now() + 60 * SECOND);
      expect(entries).toBe(run < 7 ? 8 : 2);
      expect(lagMilliseconds).toBeGreaterThan(0);
      expect(objects.keys('manifests/')).toHaveLength(run);
    }
    await small.run();
    await expectAll();
  });

  it('leaves an entry alone until its transaction is over, and all of later transactions, and then archives them', async () => {
    await ledger.applyPayments([payment(merchant, 'before')]);
    await closed();
    await inOpenTransaction(async (_, store) => {
      await store('1', now);
      await ledger.applyPayments([payment(merchant, 'after')]);
      const { entries, lagMilliseconds } = await archiver().run();
      expect(entries).toBe(1);
      expect(lagMilliseconds).toBeGreaterThanOrEqual(0);
      expect(await archived()).toEqual([`${merchant} before`]);
    });
    expect((await archive()).entries).toBeGreaterThanOrEqual(2);
    expect(await archived()).toEqual([`${merchant} before`, `${merchant} 1`, `${merchant} after`]);
  });

  it('misses no entry of a transaction that had begun, and had no number yet, when others were archived', async () => {
    await inOpenTransaction(async (session, store) => {
      // It has a snapshot and has waited for long, but has written nothing.
      await session.query({ text: 'SELECT clock_timestamp()' });
      const settledAt = now;
      now += 20 * SECOND;
      await ledger.applyPayments([payment(merchant, 'quick')]);
      await archive();
      expect(await archived()).toEqual([`${merchant} quick`]);
      // Settled before, and stored after: by time it would be in a window that is closed.
      await store('1', settledAt);
    });
    await archive();
    expect(await archived()).toEqual([`${merchant} quick`, `${merchant} 1`]);
  });

  it('leaves out what was undone', async () => {
    await inOpenTransaction(async (session, store) => {
      await store('1', now);
      await session.query({ text: 'ROLLBACK' });
    });
    await ledger.applyPayments([payment(merchant, 'a')]);
    await archive();
    expect(await archived()).toEqual([`${merchant} a`]);
  });

  it('takes clocks of workers as they are, late and early', async () => {
    const real = now;
    const skews = [0, -200, 90, -290, 3_000, 10, -100, 0];
    for (const [index, skew] of skews.entries()) {
      now = real + skew * SECOND;
      await ledger.applyPayments([payment(merchant, `k${index}`)]);
      await archive();
    }
    expect(await archived()).toEqual(skews.map((_, index) => `${merchant} k${index}`));
    const inTime = await findChanges(objects, { merchantId: merchant, range: { from: real - HOUR, to: Date.now() + SECOND } });
    expect(inTime).toHaveLength(skews.length);
  });

  it('goes through a journal that is far behind in parts of time, and loses nothing between them', async () => {
    const end = now;
    for (let minutes = 0; minutes < 300; minutes += 7) {
      now = end - 30 * HOUR + minutes * 60 * SECOND + (minutes % 3) * 100 * SECOND;
      await ledger.applyPayments([payment(merchant, `k${minutes}`), payment(merchant, `l${minutes}`)]);
    }
    now = end;
    await ledger.applyPayments([payment(merchant, 'new')]);
    expect(await archive({ objectEntries: 10, spanSeconds: 60 })).toMatchObject({ lagMilliseconds: 0, entries: 87 });
    await expectAll();
    // By the hour of its entries, so that a search in time reads no other.
    expect(new Set(objects.keys('changes/').map((key) => key.slice(0, 'changes/2026-11-22/09'.length))).size).toBeGreaterThan(4);
  });

  it('reads nothing twice when two are at it, and lets the second one wait', async () => {
    await ledger.applyPayments(Array.from({ length: 60 }, (_, index) => payment(merchant, `k${index}`)));
    const runs = await Promise.all(Array.from({ length: 3 }, () => archive({ objectEntries: 7 })));
    expect(runs.filter(({ isAlone }) => isAlone).length).toBeGreaterThanOrEqual(1);
    await archive();
    await expectAll();
  });

  it('never forks the chain when one that lost its lock goes on beside another', async () => {
    await ledger.applyPayments(Array.from({ length: 60 }, (_, index) => payment(merchant, `k${index}`)));
    const unlocked = {
      query: database.connections.query.bind(database.connections),
      withSession: <Result>(use: (session: PostgresqlCaller) => Promise<Result>) => database.connections.withSession((session) => use({
        query: async (statement) => (statement.text.includes('advisory') ? [{ answer: true }] : session.query(statement)),
      })),
    };
    await Promise.all([3, 5, 8].map((objectEntries) => archive({ objectEntries, database: unlocked })));
    await expectAll();
  });

  it('needs no more than the rights of who reads', async () => {
    await ledger.applyPayments([payment(merchant, 'a')]);
    await grantPostgresqlUsers(database.connections, { schema, writer: 'archive_writer', reader: 'archive_reader' });
    await archive({ database: database.connect({ user: 'archive_reader' }) });
    await expectAll();
  });

  it('has entries of a merchant that moved once: in the archive of the shard that they were applied in', async () => {
    await ledger.applyPayments(Array.from({ length: 5 }, (_, index) => payment(merchant, `k${index}`)));
    const target = `${schema}_b`;
    await migrate(target);
    const [from, to] = [schema, target].map((name) => new PostgresqlShard({ database: database.connections, schema: name }));
    await from.start(merchant, 1, 'copying', 'b');
    await to.start(merchant, 1, 'importing', 'a');
    const page = await from.page(merchant, { settledAt: '-1', key: '00000000-0000-0000-0000-000000000000' }, 100);
    await to.import(merchant, 1, page.rows, page.end!);
    await to.advance(merchant, 1, 'importing', 'served');
    await ledgerOf(target).applyPayments([payment(merchant, 'own')]);
    const other = { stream: 'postgresql/cluster-b/ledger', shard: 'shard-2' };
    await archive({ schema: target, source: other });
    expect(await archived()).toEqual([`${merchant} own`]);
    await archive();
    expect((await archived()).sort()).toEqual([...await stored(), `${merchant} own`].sort());
  });

  it('shows what was tampered with', async () => {
    for (const key of ['a', 'b', 'c']) {
      await ledger.applyPayments([payment(merchant, key)]);
      await archive();
    }
    const keys = objects.keys('changes/');
    const intact = objects;
    for (const tamper of [
      (store: MemoryObjectStore) => store.objects.delete(keys[1]),
      (store: MemoryObjectStore) => store.objects.set(keys[1], store.objects.get(keys[0])!),
      (store: MemoryObjectStore) => store.objects.delete(store.keys('manifests/')[2]) && store.objects.delete(store.keys('manifests/')[1]),
    ]) {
      const store = intact.copy();
      tamper(store);
      expect((await verifyArchive(store, { heads })).breaks).not.toEqual([]);
    }
  });

  it('refuses a database that has not come as far as its archive', async () => {
    await ledger.applyPayments([payment(merchant, 'a')]);
    await archive();
    const head = heads.heads.get(CHAIN)!;
    heads.heads.set(CHAIN, { ...head, lastSequence: String(10n ** 33n) });
    await expect(archive()).rejects.toThrow(JournalPlaceError);
    await expect(archive()).rejects.toThrow('it was restored, and needs a chain of its own');
  });

  it('tells since when there is something that the archive does not have', async () => {
    const missing = () => database.connections.withSession((session) => unarchivedSince(session, schema, heads.heads.get(CHAIN)));
    expect(await missing()).toBeUndefined();
    await ledger.applyPayments([payment(merchant, 'a'), payment(merchant, 'b')]);
    expect(await missing()).toBe(now);
    // The first of two entries of one transaction: the run was ended after it.
    await archive({ objectEntries: 1, objects: oneObject() }).catch(() => undefined);
    expect(heads.heads.get(CHAIN)?.number).toBe(1);
    expect(await missing()).toBe(now);
    await archive();
    expect(await missing()).toBeUndefined();
    now += 1;
    await ledger.applyPayments([payment(merchant, 'c')]);
    expect(await missing()).toBe(now);
  });

  /** Takes one object and its manifest. */
  function oneObject(): JournalArchiverOptions['objects'] {
    let left = 2;
    return {
      put: async (...given) => {
        if (left-- <= 0) {
          throw new Error('the function was ended');
        }
        return objects.put(...given);
      },
      get: (key) => objects.get(key),
      list: (prefix) => objects.list(prefix),
    };
  }

  it('refuses options that are out of their range', () => {
    const refused: readonly (readonly [Partial<JournalArchiverOptions>, string])[] = [
      [{ lateSeconds: 0 }, '`lateSeconds` must be'], [{ objectEntries: 100_001 }, '`objectEntries` must be'], [{ spanSeconds: 0.5 }, '`spanSeconds` must be'],
      [{ schema: 'No' }, '`schema` must be'],
    ];
    refused.forEach(([options, message]) => expect(() => archiver(options)).toThrow(message));
  });

  it('looks for times by the summary of blocks alone', async () => {
    const [{ name, start }] = await database.connections.query({ text: `SELECT name, starts_at AS start FROM ${schema}.entry_partition ORDER BY starts_at LIMIT 1` });
    await database.connections.query({
      text: `INSERT INTO ${schema}.${String(name)} (key, settled_at, accepted_at, amount, type, merchant_id, idempotency_key, currency)
        SELECT md5(i::text)::uuid, $1::bigint + i, $1, 1, 'payment', 'merchant-' || i % 50, i::text, 'EUR' FROM generate_series(1, 60000) AS i`,
      values: [start],
    });
    await database.connections.query({ text: `VACUUM ANALYZE ${schema}.${String(name)}` });
    const plan = await database.connections.query({ text: `EXPLAIN SELECT * FROM ${schema}.entry WHERE settled_at >= ${Number(start) + 59_000} AND settled_at < ${Number(start) + 60_000}` });
    const text = plan.map((row) => String(row['QUERY PLAN'])).join('\n');
    expect(text).toContain(`Bitmap Index Scan on ${String(name)}_settled_at_idx`);
    const [{ bytes }] = await database.connections.query({ text: 'SELECT pg_relation_size($1) AS bytes', values: [`${schema}.${String(name)}_settled_at_idx`] });
    expect(Number(bytes)).toBeLessThan(64 * 1_024);
  });
});
