import { usersFromEnvironment } from '../../../lambdas/ledger-maintenance/configuration';
import { migrate } from '../../../lambdas/ledger-maintenance/tasks';
import { Environment } from '../../../lambdas/runtime/configuration/environment';
import { openLedger } from '../../../lambdas/runtime/configuration/open-ledger';
import { LEDGER_MIGRATIONS } from '../../../lambdas/runtime/ledger/migrations';
import { LEAST_RIGHTS } from '../../../lambdas/runtime/ledger/migrations/0006-least-rights';
import type { PostgresqlConnections } from '../../../lambdas/runtime/ledger/postgresql-connections';
import { MerchantMover } from '../../../lambdas/runtime/ledger/merchant-mover';
import { migratePostgresqlLedger } from '../../../lambdas/runtime/ledger/postgresql-migrations';
import { PostgresqlLedgerQueries } from '../../../lambdas/runtime/ledger/postgresql-queries';
import { PostgresqlMerchantDirectory } from '../../../lambdas/runtime/ledger/postgresql-merchant-directory';
import { PostgresqlShard } from '../../../lambdas/runtime/ledger/postgresql-shard';
import { grantPostgresqlUsers } from '../../../lambdas/runtime/ledger/postgresql-users';
import { systemClock } from '../../../lambdas/runtime/retry/clock';
import { describeWithPostgresql } from '../runtime/ledger/postgresql-database';
import { LedgerDatabases } from '../runtime/support/ledger-databases';
import { hold, holdEnd, payment, refund } from '../runtime/support/payments';
import { RecordedMetrics, recordedLogger } from '../runtime/support/silent';

const DENIED = { name: 'PostgresqlError', code: '42501' };
const nobody = { call: () => Promise.reject(new Error('not called')) };

describeWithPostgresql('the users of the ledger', () => {
  let databases: LedgerDatabases;
  let owner: PostgresqlConnections;
  let writer: PostgresqlConnections;
  let reader: PostgresqlConnections;

  beforeAll(async () => {
    databases = await LedgerDatabases.start(2);
    // The role that Amazon RDS has for who authenticates by IAM.
    await databases.connect(0).query({ text: 'CREATE ROLE rds_iam' });
    await databases.migrate();
    [owner, writer, reader] = [databases.connect(0), databases.connect(0, 'ledger_writer'), databases.connect(0, 'ledger_reader')];
  });
  afterAll(() => databases.stop());

  function open(others: Record<string, string> = {}) {
    const { logger } = recordedLogger();
    return openLedger(new Environment({ ...databases.variables, ...others }), {
      dynamodb: nobody, metrics: new RecordedMetrics(), logger, clock: systemClock, applicationName: 'test',
    });
  }

  it('let a worker do all of its work, in both databases and while a merchant moves from one to the other', async () => {
    const { ledger, postgresql, close } = open();
    const now = { acceptedAt: Date.now() };
    const merchants = Array.from({ length: 8 }, (_, index) => `m${index}`);
    const paid = merchants.map((merchant) => payment(merchant, 'k', { ...now, amount: 100 }));
    expect(await ledger.applyPayments([...paid, paid[0]])).toEqual([...paid.map(() => ({ kind: 'applied' })), { kind: 'duplicate', conflict: false }]);
    const map = await postgresql!.places.current();
    expect(new Set(merchants.map((merchant) => map.shardOf(merchant)))).toEqual(new Set(['shard-1', 'shard-2']));

    const directory = new PostgresqlMerchantDirectory({ database: owner });
    const shards = new Map([0, 1].map((index) => [`shard-${index + 1}`, new PostgresqlShard({ database: databases.connect(index) })]));
    const mover = new MerchantMover({ directory, shard: (name) => shards.get(name)!, windowMilliseconds: 0 });
    const moved = merchants.find((merchant) => map.shardOf(merchant) === 'shard-1')!;
    const source = shards.get('shard-1')!;
    const { move } = await directory.startMove(moved, 'shard-2');
    await source.start(moved, move, 'copying', 'shard-2');
    // Its changes are noted meanwhile.
    expect(await ledger.applyRefund(refund(moved, 'r', 'k', { ...now, amount: 40 }))).toEqual({ kind: 'applied' });
    expect(await ledger.applyHolds([hold(moved, 'h', { ...now, amount: 30 })])).toEqual([{ kind: 'applied' }]);
    await mover.resume(moved);
    // Sent on from where it was.
    expect(await ledger.applyHoldEnd(holdEnd(moved, 'e', 'h', { ...now, amount: 10 }))).toEqual({ kind: 'applied' });
    expect(await ledger.find(moved, 'k')).toMatchObject({ status: 'applied' });
    expect(await ledger.find(moved, 'k', { consistent: false })).toMatchObject({ status: 'applied' });
    expect(await new PostgresqlLedgerQueries(databases.connect(1, 'ledger_reader')).balances(moved))
      .toEqual([{ currency: 'EUR', available: 40n, held: 20n, count: 4n }]);
    await close();
  });

  const WRITES = [
    "INSERT INTO ledger.entry_key (key, settled_at) VALUES ('00000000-0000-0000-0000-000000000001', 1)",
    'UPDATE ledger.entry_key SET remaining = 1000000',
    "UPDATE ledger.balance_slot SET available = available + 1 WHERE merchant_id = 'm0'",
    'DELETE FROM ledger.entry',
    "INSERT INTO ledger.merchant_place (merchant_id, move, state, other) VALUES ('m0', 1, 'fenced', 'shard-2')",
    'DELETE FROM ledger.merchant_change',
    "SELECT ledger.start_move('m0', 9, 'copying', 'shard-2')",
    "SELECT ledger.import_totals('m0', 9, '{}')",
    "SELECT ledger.store_draw('refund', 1, 1, NULL, 'm', 'k', 1, 'EUR', 1, 'p', NULL, NULL, NULL, NULL, 'd', 'payment', 1, true)",
    'SELECT ledger.refresh_daily_totals(1, 0)',
    'SELECT ledger.create_partitions(0, 86400000, 86400000)',
    "SELECT ledger_directory.add_shard('mine')",
    'UPDATE ledger_directory.placement SET shard = shard',
    'CREATE TABLE ledger.mine ()',
    'CREATE TABLE public.mine ()',
    'CREATE TEMPORARY TABLE entry_key ()',
    'CREATE SCHEMA mine',
    'DROP TABLE ledger.entry',
    'CREATE INDEX ON ledger.entry (amount)',
    'SELECT checksum FROM ledger.migration',
  ];

  it.each(WRITES)('deny the writer: %s', async (text) => {
    await expect(writer.query({ text })).rejects.toMatchObject(DENIED);
  });

  it.each(WRITES)('deny the reader: %s', async (text) => {
    await expect(reader.query({ text })).rejects.toMatchObject(DENIED);
  });

  it('deny the reader what applies payments', async () => {
    const { close, ledger } = open({ DATABASE_WRITER_USER: 'ledger_reader' });
    const [outcome] = await ledger.applyPayments([payment('m0', 'by-reader', { acceptedAt: Date.now() })]);
    expect(outcome).toMatchObject({ kind: 'unavailable', error: DENIED });
    expect(await ledger.applyRefund(refund('m0', 'r-by-reader', 'k', { acceptedAt: Date.now() }))).toMatchObject({ kind: 'unavailable', error: DENIED });
    await close();
  });

  it('find no function that is open to everyone', async () => {
    const open = await owner.query({
      text: `SELECT proname FROM pg_proc WHERE pronamespace IN ('ledger'::regnamespace, 'ledger_directory'::regnamespace)
        AND has_function_privilege('public', oid, 'EXECUTE')`,
    });
    expect(open).toEqual([]);
  });

  it('apply in the ledger, whatever tables of the same names their caller has', async () => {
    const [first] = await owner.query({ text: 'SELECT count(*) FROM ledger.entry' });
    await owner.withSession(async (session) => {
      for (const table of ['entry_key', 'entry', 'balance_slot', 'merchant_place', 'merchant_change']) {
        await session.query({ text: `CREATE TEMPORARY TABLE ${table} (LIKE ledger.${table} INCLUDING ALL)` });
      }
      await session.query({
        text: `SELECT * FROM ledger.insert_entries('payment', $1, 1, ARRAY['00000000-0000-0000-0000-0000000000ff']::uuid[], ARRAY['somebody'], ARRAY['temporary'],
          ARRAY[1]::bigint[], ARRAY['EUR'], ARRAY[1]::bigint[], ARRAY['p'], ARRAY[NULL], ARRAY[NULL], ARRAY[NULL])`,
        values: [Date.now()],
      });
      for (const table of ['entry_key', 'entry', 'balance_slot', 'merchant_place', 'merchant_change']) {
        await session.query({ text: `DROP TABLE pg_temp.${table}` });
      }
    });
    const [after] = await owner.query({ text: 'SELECT count(*) FROM ledger.entry' });
    expect(Number(after.count)).toBe(Number(first.count) + 1);
  });

  it('authenticate by IAM where workers do and the server knows that', async () => {
    const members = () => owner.query({ text: "SELECT pg_has_role('ledger_writer', 'rds_iam', 'MEMBER') AS writer, pg_has_role('ledger_reader', 'rds_iam', 'MEMBER') AS reader" });
    const ports = await databases.maintenance();
    expect(await members()).toEqual([{ writer: false, reader: false }]);
    // The other server has no such role.
    await migrate({ ...ports, workersUseIam: true }, usersFromEnvironment(new Environment(databases.variables)));
    expect(await members()).toEqual([{ writer: true, reader: true }]);
  });

  it('may do their work in a database that is migrated, whatever becomes of another one', async () => {
    const { shards, ...ports } = await databases.maintenance();
    const dead = { query: () => Promise.reject(new Error('no such host')), withSession: () => Promise.reject(new Error('no such host')) };
    const schema = 'healthy';
    await expect(migrate({ ...ports, schema, shards: [{ name: 'shard-1', database: dead }, shards[1]] }, usersFromEnvironment(new Environment(databases.variables))))
      .rejects.toThrow('shard-1: no such host');
    const may = "SELECT has_function_privilege('ledger_writer', oid, 'EXECUTE') AS may FROM pg_proc WHERE pronamespace = 'healthy'::regnamespace AND proname = 'insert_entries'";
    expect(await shards[1].database.query({ text: may })).toEqual([{ may: true }]);
  });

  const mayApply = (schema: string) => databases.connect(0).query({
    text: "SELECT has_function_privilege('ledger_writer', oid, 'EXECUTE') AS may FROM pg_proc WHERE pronamespace = $1::regnamespace AND proname = 'insert_entries'",
    values: [schema],
  });

  it('may do their work in a database where a later step fails', async () => {
    const { shards, ...ports } = await databases.maintenance();
    const schema = 'halfway';
    const { version } = LEAST_RIGHTS;
    await migratePostgresqlLedger(shards[0].database, { schema, migrations: LEDGER_MIGRATIONS.slice(0, version) });
    expect(await mayApply(schema)).toEqual([{ may: false }]);
    // In the way of a step.
    await owner.query({ text: 'CREATE TABLE halfway.key_pass ()' });
    const users = usersFromEnvironment(new Environment(databases.variables));
    await expect(migrate({ ...ports, schema, shards: [shards[0]] }, users)).rejects.toThrow('shard-1: 42P07');
    expect(await mayApply(schema)).toEqual([{ may: true }]);
  });

  it('are given nothing before the step by which they need no right to write', async () => {
    const schema = 'early';
    const { version } = LEAST_RIGHTS;
    await migratePostgresqlLedger(owner, { schema, migrations: LEDGER_MIGRATIONS.slice(0, version - 1) });
    const options = { schema, writer: 'ledger_writer', reader: 'ledger_reader' };
    expect(await grantPostgresqlUsers(owner, options)).toBe(false);
    expect(await owner.query({ text: "SELECT has_schema_privilege('ledger_writer', 'early', 'USAGE') AS may" })).toEqual([{ may: false }]);
    await migratePostgresqlLedger(owner, { schema, migrations: LEDGER_MIGRATIONS.slice(0, version) });
    expect(await grantPostgresqlUsers(owner, options)).toBe(true);
    expect(await mayApply(schema)).toEqual([{ may: true }]);
  });

  it('may be made again at any time, several at once', async () => {
    const users = usersFromEnvironment(new Environment(databases.variables));
    const ports = await Promise.all(Array.from({ length: 4 }, () => databases.maintenance()));
    await Promise.all(ports.map((each) => migrate(each, users)));
    // From nothing as well.
    for (const schema of ['anew_1', 'anew_2', 'anew_3']) {
      await Promise.all(ports.map((each) => migrate({ ...each, schema }, users)));
    }
    expect(await writer.query({ text: 'SELECT count(*) > 0 AS some FROM ledger.entry' })).toEqual([{ some: true }]);
  });
});
