import { LEDGER_MIGRATIONS } from '../../../../lambdas/runtime/ledger/migrations';
import type { PostgresqlStatement } from '../../../../lambdas/runtime/ledger/postgresql-connections';
import { PostgresqlLedger } from '../../../../lambdas/runtime/ledger/postgresql-ledger';
import { migratePostgresqlLedger, MigrationRefusedError } from '../../../../lambdas/runtime/ledger/postgresql-migrations';
import { createPostgresqlPartitions } from '../../../../lambdas/runtime/ledger/postgresql-partitions';
import { entryKey } from '../../../../lambdas/runtime/ledger/postgresql-row';
import { payerStatement } from '../../../../lambdas/runtime/ledger/postgresql-read-models';
import { balancesStatement, drawsStatement, entriesStatement } from '../../../../lambdas/runtime/ledger/postgresql-statements';
import { RetryPolicy } from '../../../../lambdas/runtime/retry/retry';
import { ManualClock } from '../support/manual-clock';
import { hold, holdEnd, payment, refund } from '../support/payments';
import { describeWithPostgresql, PostgresqlDatabase } from './postgresql-database';

const DAY = 86_400_000;
const ALL = LEDGER_MIGRATIONS.map(({ version }) => version);
const step = (version: number, sql: string) => ({ version, name: `step ${version}`, sql });

describeWithPostgresql('the schema of the ledger in PostgreSQL', () => {
  let database: PostgresqlDatabase;

  beforeAll(async () => { database = await PostgresqlDatabase.start(); });
  afterAll(() => database.stop());

  async function rows(text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
    return database.connections.query({ text, values });
  }

  describe('migrations', () => {
    it('are taken once, in their order', async () => {
      expect(await migratePostgresqlLedger(database.connections, { schema: 'once' })).toEqual(ALL);
      expect(await migratePostgresqlLedger(database.connections, { schema: 'once' })).toEqual([]);
      expect((await rows('SELECT version FROM once.migration ORDER BY version')).map(({ version }) => version)).toEqual(ALL);
    });

    it('are taken by one of several that start at once', async () => {
      const taken = await Promise.all(Array.from({ length: 5 }, () => migratePostgresqlLedger(database.connections, { schema: 'race' })));
      expect(taken.flat().sort((one, other) => one - other)).toEqual(ALL);
    });

    it('wait for who takes them already, and say who that is when it takes too long', async () => {
      const clock = new ManualClock();
      await database.connections.withSession(async (session) => {
        await session.query({ text: "SELECT pg_advisory_lock(hashtextextended('ledger migration \"taken\"', 0))" });
        await expect(migratePostgresqlLedger(database.connections, { schema: 'taken', clock, waitMilliseconds: 10_000 }))
          .rejects.toThrow(/^ledger migration "taken": waited 10 seconds for process \d+ of the server, cdk-high-throughput as postgres$/);
        await session.query({ text: "SELECT pg_advisory_unlock(hashtextextended('ledger migration \"taken\"', 0))" });
      });
      expect(await migratePostgresqlLedger(database.connections, { schema: 'taken', clock, waitMilliseconds: 10_000 })).toEqual(ALL);
    });

    it('are refused when one that was taken has changed, and change nothing then', async () => {
      await migratePostgresqlLedger(database.connections, { schema: 'changed', migrations: [step(1, 'CREATE TABLE a ()')] });
      const migrations = [step(1, 'CREATE TABLE a (b int)'), step(2, 'CREATE TABLE c ()')];
      await expect(migratePostgresqlLedger(database.connections, { schema: 'changed', migrations })).rejects.toThrow(MigrationRefusedError);
      await expect(migratePostgresqlLedger(database.connections, { schema: 'changed', migrations })).rejects.toThrow('migration 1 step 1 is not the one');
      expect(await rows('SELECT version FROM changed.migration')).toEqual([{ version: 1 }]);
      expect(await rows("SELECT to_regclass('changed.c') AS c")).toEqual([{ c: null }]);
    });

    it('are refused with gaps, or out of order', async () => {
      await expect(migratePostgresqlLedger(database.connections, { schema: 'gap', migrations: [step(2, '')] })).rejects.toThrow('numbered from 1 without gaps');
      await migratePostgresqlLedger(database.connections, { schema: 'gap', migrations: [step(1, 'SELECT 1')] });
      await rows("INSERT INTO gap.migration (version, name, checksum) VALUES (3, 'newer', '')");
      await expect(migratePostgresqlLedger(database.connections, { schema: 'gap', migrations: [step(1, 'SELECT 1'), step(2, 'SELECT 1')] }))
        .rejects.toThrow('migration 2 step 2 was not taken, and 3 was');
    });

    it('leave a database alone that newer code has migrated', async () => {
      await migratePostgresqlLedger(database.connections, { schema: 'newer', migrations: [step(1, 'SELECT 1'), step(2, 'SELECT 1')] });
      expect(await migratePostgresqlLedger(database.connections, { schema: 'newer', migrations: [step(1, 'SELECT 1')] })).toEqual([]);
    });

    it('that fail leave nothing behind, and those before them stay', async () => {
      const failing = step(2, 'CREATE TABLE b (); SELECT 1 / 0');
      await expect(migratePostgresqlLedger(database.connections, { schema: 'failing', migrations: [step(1, 'CREATE TABLE a ()'), failing] }))
        .rejects.toMatchObject({ code: '22012' });
      expect(await rows("SELECT to_regclass('failing.a')::text AS a, to_regclass('failing.b') AS b")).toEqual([{ a: 'failing.a', b: null }]);
      expect(await migratePostgresqlLedger(database.connections, { schema: 'failing', migrations: [step(1, 'CREATE TABLE a ()'), step(2, 'SELECT 1')] }))
        .toEqual([2]);
    });
  });

  describe('partitions', () => {
    const from = 20_000 * DAY;
    const known = async (schema: string) => (await rows(`SELECT starts_at, ends_at FROM ${schema}.entry_partition ORDER BY starts_at`))
      .map(({ starts_at: start, ends_at: end }) => [Number(start) / DAY, Number(end) / DAY]);

    it('are made where they are missing, and once', async () => {
      const schema = 'parts';
      await migratePostgresqlLedger(database.connections, { schema });
      const make = (others: object) => createPostgresqlPartitions(database.connections, { schema, from, ...others });
      const made = await Promise.all([make({ days: 14, partitionDays: 7 }), make({ days: 14, partitionDays: 7 })]);
      expect(made.sort()).toEqual([0, 3]);
      // Weeks begin on Thursdays, as 1970 did.
      expect(await known(schema)).toEqual([[19_999, 20_006], [20_006, 20_013], [20_013, 20_020]]);
      // Another width goes on where these end, and fills what is free before them.
      expect(await make({ from: from - 5 * DAY, days: 40, partitionDays: 30 })).toBe(2);
      expect(await known(schema)).toEqual([[19_980, 19_999], [19_999, 20_006], [20_006, 20_013], [20_013, 20_020], [20_020, 20_040]]);
    });

    it.each([[{ days: 0 }, '`days` must be an integer from 1 to 3660, got: 0'], [{ partitionDays: 367 }, '`partitionDays` must be an integer from 1 to 366, got: 367']])(
      'are not made with %j', async (options, message) => {
        await expect(createPostgresqlPartitions(database.connections, options)).rejects.toThrow(message);
      });

    it('keep a key unique over all of them', async () => {
      let now = from;
      const clock = { now: () => now, sleep: async () => undefined };
      await createPostgresqlPartitions(database.connections, { from, days: 30 });
      const ledger = new PostgresqlLedger({ database: database.connections, retry: new RetryPolicy({ clock }) });
      expect(await ledger.applyPayments([payment('parted', 'k')])).toEqual([{ kind: 'applied' }]);
      now += 20 * DAY;
      expect(await ledger.applyPayments([payment('parted', 'k'), payment('parted', 'l')])).toEqual([{ kind: 'duplicate', conflict: false }, { kind: 'applied' }]);
      expect(await ledger.applyRefund(refund('parted', 'r', 'k'))).toEqual({ kind: 'applied' });
      const [row] = await rows("SELECT count(DISTINCT tableoid) AS partitions, count(*) AS entries FROM ledger.entry WHERE merchant_id = 'parted'");
      expect(row).toEqual({ partitions: '2', entries: '3' });
    });
  });

  describe('indexes', () => {
    const MERCHANT = 'merchant-7';
    const schema = '"ledger"';
    /** What the functions ask that find an entry. */
    const texts = new Map<string, string>();

    beforeAll(async () => {
      const ledger = new PostgresqlLedger({ database: database.connections, batchSize: 5_000 });
      await ledger.applyPayments(Array.from({ length: 10_000 }, (_, index) => (
        payment(`merchant-${index % 500}`, `k${index}`, { payerId: `payer-${index % 700}` }))));
      for (let index = 0; index < 20; index++) {
        await ledger.applyRefund(refund(MERCHANT, `r${index}`, `k${index * 500 + 7}`, { amount: 1 }));
      }
      await ledger.applyHolds([hold(MERCHANT, 'h')]);
      await ledger.applyHoldEnd(holdEnd(MERCHANT, 'e', 'h'));
      // Not the empty partitions: nothing is known of them, as of those that a real database has for the next weeks.
      const [partition] = await rows('SELECT DISTINCT tableoid::regclass::text AS name FROM ledger.entry WHERE merchant_id = $1', [MERCHANT]);
      for (const table of [String(partition.name), 'ledger.entry_key', 'ledger.balance_slot']) {
        await rows(`VACUUM ANALYZE ${table}`);
      }
      for (const { name, text } of await rows("SELECT proname AS name, prosrc AS text FROM pg_proc WHERE pronamespace = 'ledger'::regnamespace")) {
        texts.set(String(name), String(text).replaceAll(/ (FROM|LATERAL) (entry)/g, ' $1 ledger.$2'));
      }
    });

    const now = Date.now();
    const queries: readonly (readonly [string, PostgresqlStatement, string, string])[] = [
      ['the entry of a key: the key', { text: 'read_entry', values: [entryKey(MERCHANT, 'k7'), MERCHANT] }, 'entry_key_pkey', 'Index'],
      ['the entry of a key: its entry', { text: 'entry_at', values: [MERCHANT, now, entryKey(MERCHANT, 'k7')] }, 'entry_pkey', 'Index'],
      ['a merchant\'s entries by time (composite)',
        entriesStatement(schema, MERCHANT, now - DAY, now + DAY, { settledAt: now - DAY, key: entryKey('', '') }, 10), 'entry_pkey', 'Index'],
      ['what was drawn on an entry (partial, covering)', drawsStatement(schema, MERCHANT, 'k7'), 'entry_draws', 'Index Only'],
      ['what a payer paid (partial)', payerStatement(schema, 'payer-7', now - DAY, now + DAY), 'entry_payer', 'Index'],
      ['a merchant\'s balances (composite)', balancesStatement(schema, MERCHANT), 'balance_slot_pkey', 'Index'],
    ];

    it.each(queries)('serve %s', async (_query, statement, index, node) => {
      const plan = await explained(statement);
      expect(plan.nodes).toContainEqual([expect.stringContaining(node), index]);
      expect(plan.scans).toEqual([]);
    });

    it('are there for one of these queries each', async () => {
      const used = new Set(queries.map(([, , index]) => index));
      const there = await rows(`SELECT indexrelid::regclass::text AS name FROM pg_index
        JOIN pg_class ON pg_class.oid = indrelid WHERE relnamespace = 'ledger'::regnamespace AND NOT relispartition
        AND relname IN ('entry', 'entry_key', 'balance_slot')`);
      // The archive's is worth its reading with more entries than are here: its own test has them.
      expect(there.map(({ name }) => String(name).replace('ledger.', '')).sort()).toEqual([...used, 'entry_settled'].sort());
    });

    it('by time are for the archive alone: what applies goes by keys, though its plans were made when the partition was empty', async () => {
      await migratePostgresqlLedger(database.connections, { schema: 'kept' });
      await createPostgresqlPartitions(database.connections, { schema: 'kept' });
      const connection = database.connect({ poolSize: 1 });
      const ledger = new PostgresqlLedger({ database: connection, schema: 'kept', concurrency: 1 });
      // A plan is kept from the sixth time on.
      for (let round = 0; round < 8; round++) {
        const paid = ['k', 'l', 'm'].map((key) => payment('merchant', `${key}${round}`));
        await ledger.applyPayments(paid);
        await ledger.applyPayments([payment('merchant', `n${round}`), ...paid]);
        await ledger.applyRefund(refund('merchant', `r${round}`, `k${round}`));
        await ledger.find('merchant', `k${round}`);
      }
      await connection.query({ text: 'SELECT pg_stat_force_next_flush()' });
      const [used] = await rows(`SELECT sum(idx_scan) FILTER (WHERE indexrelname LIKE '%settled_at_idx') AS by_time,
        sum(idx_scan) FILTER (WHERE indexrelname LIKE '%pkey') AS by_key FROM pg_stat_user_indexes WHERE schemaname = 'kept' AND relname LIKE 'entry\\_1%'`);
      expect(used.by_time).toBe('0');
      expect(Number(used.by_key)).toBeGreaterThanOrEqual(8 * 5);
    });

    it('of entries are read where the time is alone', async () => {
      const { text } = await explained(entriesStatement(schema, MERCHANT, now - 1_000, now + 60_000, { settledAt: now - 1_000, key: entryKey('', '') }, 10));
      expect(new Set(text.match(/entry_\d{13}/g)).size).toBe(1);
    });

    /** The query of a function that is named, with its parameters as those of a statement; any other text as it is. */
    function ofFunction(text: string): string {
      const query = texts.get(text);
      return query === undefined ? text : /SELECT[^;]+/.exec(query)![0]
        .replace('in_merchant', '$1').replace('in_settled_at', '$2').replace('in_key', '$3');
    }

    /** The plan of a statement, and the indexes that it reads by kind of node; those of partitions under the name of the whole. */
    async function explained({ text, values }: PostgresqlStatement): Promise<{ text: string; nodes: string[][]; scans: string[] }> {
      const [row] = await rows(`EXPLAIN (FORMAT JSON) ${ofFunction(text)}`, values as unknown[]);
      const nodes: string[][] = [];
      const scans: string[] = [];
      const visit = (node: Record<string, unknown>): void => {
        if (node['Index Name'] !== undefined) {
          const name = String(node['Index Name']).replace(/^entry_\d+_merchant_id_draws_on.*/, 'entry_draws').replace(/^entry_\d+_pkey/, 'entry_pkey')
            .replace(/^entry_\d+_payer_id.*/, 'entry_payer');
          nodes.push([String(node['Node Type']), name]);
        }
        // Merchants that have moved: a table that is small, and here empty.
        if (node['Node Type'] === 'Seq Scan' && node['Relation Name'] !== 'merchant_place') {
          scans.push(String(node['Relation Name']));
        }
        (node.Plans as Record<string, unknown>[] | undefined)?.forEach(visit);
      };
      const plans = row['QUERY PLAN'] as { Plan: Record<string, unknown> }[];
      visit(plans[0].Plan);
      return { text: JSON.stringify(plans), nodes, scans };
    }
  });
});
