import { LEDGER_MIGRATIONS } from '../../../../lambdas/runtime/ledger/migrations';
import { buildSteppedIndexes } from '../../../../lambdas/runtime/ledger/postgresql-index-builds';
import { migratePostgresqlLedger } from '../../../../lambdas/runtime/ledger/postgresql-migrations';
import { createPostgresqlPartitions } from '../../../../lambdas/runtime/ledger/postgresql-partitions';
import { describeWithPostgresql, PostgresqlDatabase } from './postgresql-database';

describeWithPostgresql('the indexes that a step wants', () => {
  let database: PostgresqlDatabase;

  beforeAll(async () => { database = await PostgresqlDatabase.start(); });
  afterAll(() => database.stop());

  /** What an index is over, of which a later step drops none: payers alone, and times. */
  const KEPT = String.raw`\(payer_id\)|USING brin`;
  /** Each of these: its file, whether it is a part of the one over all partitions, and whether it can be used. */
  const indexes = (schema: string, over = KEPT) => database.connections.query({
    text: `SELECT relname, relfilenode, relispartition, indisvalid FROM pg_class JOIN pg_index ON indexrelid = pg_class.oid
      WHERE relnamespace = $1::regnamespace AND relkind = 'i' AND pg_get_indexdef(pg_class.oid) ~ $2 ORDER BY relname`,
    values: [schema, over],
  });

  async function older(schema: string): Promise<void> {
    await migratePostgresqlLedger(database.connections, { schema, migrations: LEDGER_MIGRATIONS.slice(0, 4) });
    await createPostgresqlPartitions(database.connections, { schema, days: 14 });
  }

  it('are built before it, by one of several, and the step only attaches them', async () => {
    await older('filled');
    const built = await Promise.all([1, 2, 3].map(() => buildSteppedIndexes(database.connections, 'filled', { now: Date.now, sleep: () => new Promise(setImmediate) })));
    expect(built.filter((count) => count > 0)).toHaveLength(1);
    const before = await indexes('filled');
    // Payers with the time as well: a step makes that index, and a later one has it no more.
    expect(await indexes('filled', `payer_id, settled_at|${KEPT}`)).toHaveLength(Math.max(...built));
    expect(before.every(({ indisvalid, relispartition }) => indisvalid === true && relispartition === false)).toBe(true);
    expect(await migratePostgresqlLedger(database.connections, { schema: 'filled' })).toEqual(LEDGER_MIGRATIONS.slice(4).map(({ version }) => version));
    expect(await indexes('filled')).toEqual(before.map((index) => ({ ...index, relispartition: true })));
    expect(await indexes('filled', 'payer_id, settled_at')).toEqual([]);
    expect(await buildSteppedIndexes(database.connections, 'filled')).toBe(0);
  });

  it('are built anew where that was broken off', async () => {
    await older('broken');
    await buildSteppedIndexes(database.connections, 'broken');
    const [{ relname: name, relfilenode: file }] = await indexes('broken');
    await database.connections.query({ text: "UPDATE pg_index SET indisvalid = false WHERE indexrelid = ('broken.' || $1)::regclass", values: [name] });
    expect(await buildSteppedIndexes(database.connections, 'broken')).toBe(1);
    const [again] = await indexes('broken');
    expect([again.relname, again.indisvalid, again.relfilenode === file]).toEqual([name, true, false]);
  });

  it('wait for who began before them for longer than others may wait for a lock', async () => {
    await older('busy');
    await database.withLockTimeout(async () => {
      const builder = database.connect({ poolSize: 1 });
      let built: number | Error | undefined;
      const building = database.connections.withSession(async (session) => {
        await session.query({ text: 'BEGIN' });
        await session.query({ text: 'LOCK TABLE busy.entry IN ROW EXCLUSIVE MODE' });
        const { name } = (await session.query({ text: 'SELECT name FROM busy.entry_partition ORDER BY starts_at LIMIT 1' }))[0];
        await session.query({ text: `LOCK TABLE busy.${String(name)} IN ROW EXCLUSIVE MODE` });
        const all = buildSteppedIndexes(builder, 'busy').then((count) => { built = count; }, (error: Error) => { built = error; });
        while (built === undefined && !(await database.outwaits('CREATE INDEX CONCURRENTLY'))) {
          // Until it has waited for long.
        }
        await session.query({ text: 'COMMIT' });
        await all;
      });
      await building;
      expect(built).toBeGreaterThan(0);
      expect(await builder.query({ text: 'SHOW lock_timeout' })).toEqual([{ lock_timeout: '50ms' }]);
    });
  });

  it('are left to the step in a database that has no schema yet, or no partitions', async () => {
    expect(await buildSteppedIndexes(database.connections, 'nothing')).toBe(0);
    await migratePostgresqlLedger(database.connections, { schema: 'empty', migrations: LEDGER_MIGRATIONS.slice(0, 2) });
    expect(await buildSteppedIndexes(database.connections, 'empty')).toBe(0);
  });
});
