import { PostgresqlConnections } from '../../../../lambdas/runtime/ledger/postgresql-connections';
import {
  endsConnection, isRefusedForGood, isRetryablePostgresqlError, mayHaveHappened, PostgresqlConnectionError, PostgresqlError,
} from '../../../../lambdas/runtime/ledger/postgresql-errors';
import { PostgresqlLedger } from '../../../../lambdas/runtime/ledger/postgresql-ledger';
import { newMerchant, payment } from '../support/payments';
import { describeWithPostgresql, PostgresqlDatabase } from './postgresql-database';

const NOWHERE = { host: '127.0.0.1', port: 1, database: 'd', user: 'u', password: async () => '', poolSize: 1, tls: 'off' } as const;

describe('errors of PostgreSQL', () => {
  const lost = new PostgresqlConnectionError('reset');
  const of = (code: string, constraint?: string) => new PostgresqlError(code, 'message', constraint);

  it.each([
    ['a lost connection', lost, { retried: true, lost: true, ends: true, bad: false }],
    ['a deadlock', of('40P01'), { retried: true, lost: false, ends: false, bad: false }],
    ['a serialization failure', of('40001'), { retried: true, lost: false, ends: false, bad: false }],
    ['an unknown completion', of('40003'), { retried: true, lost: true, ends: false, bad: false }],
    ['a statement timeout', of('57014'), { retried: true, lost: false, ends: false, bad: false }],
    ['a shutdown', of('57P01'), { retried: true, lost: true, ends: true, bad: false }],
    ['a replica that was the writer', of('25006'), { retried: true, lost: false, ends: true, bad: false }],
    ['too many connections', of('53300'), { retried: true, lost: false, ends: false, bad: false }],
    ['a missing right', of('42501'), { retried: false, lost: false, ends: false, bad: false }],
    ['a NUL in a text', of('22021'), { retried: false, lost: false, ends: false, bad: true }],
    ['a violated check', of('23514', 'entry_amount_check'), { retried: false, lost: false, ends: false, bad: true }],
    ['a missing partition', of('23514'), { retried: false, lost: false, ends: false, bad: false }],
    ['something else', new Error('x'), { retried: false, lost: false, ends: true, bad: false }],
  ])('%s', (_name, error, expected) => {
    expect({ retried: isRetryablePostgresqlError(error), lost: mayHaveHappened(error), ends: endsConnection(error), bad: isRefusedForGood(error) })
      .toEqual(expected);
  });
});

describe('PostgresqlConnections', () => {
  it.each([
    [{ poolSize: 0 }, '`poolSize` must be an integer of at least 1, got: 0'],
    [{ callMilliseconds: 0.5 }, '`callMilliseconds` must be an integer of at least 1, got: 0.5'],
    [{ connectMilliseconds: -1 }, '`connectMilliseconds` must be an integer of at least 1, got: -1'],
    [{ lifetimeMilliseconds: 0 }, '`lifetimeMilliseconds` must be an integer of at least 1, got: 0'],
  ])('refuses %j', (options, message) => {
    expect(() => new PostgresqlConnections({ ...NOWHERE, ...options })).toThrow(message);
  });

  it('says that there is no connection where nobody listens', async () => {
    const connections = new PostgresqlConnections(NOWHERE);
    await expect(connections.query({ text: 'SELECT 1' })).rejects.toThrow(PostgresqlConnectionError);
    await connections.close();
  });
});

describeWithPostgresql('PostgresqlConnections to a real PostgreSQL', () => {
  let database: PostgresqlDatabase;

  beforeAll(async () => { database = await PostgresqlDatabase.start(2); });
  afterAll(() => database.stop());

  it('answer with rows, and with the error of the server', async () => {
    expect(await database.connections.query({ text: 'SELECT $1::int AS a', values: [1] })).toEqual([{ a: 1 }]);
    await expect(database.connections.query({ text: 'SELECT 1 / 0' })).rejects.toMatchObject({ name: 'PostgresqlError', code: '22012' });
  });

  it('keep a connection after an error of a statement', async () => {
    const one = database.connect({ poolSize: 1 });
    const [before] = await one.query({ text: 'SELECT pg_backend_pid() AS id' });
    await expect(one.query({ text: 'SELECT 1 / 0' })).rejects.toThrow();
    expect(await one.query({ text: 'SELECT pg_backend_pid() AS id' })).toEqual([before]);
  });

  it('break off what takes too long', async () => {
    const impatient = database.connect({ callMilliseconds: 50 });
    await expect(impatient.query({ text: 'SELECT pg_sleep(30)' })).rejects.toMatchObject({ code: '57014' });
  });

  it('are made anew when the server has closed them', async () => {
    const one = database.connect({ poolSize: 1 });
    const [{ id }] = await one.query({ text: 'SELECT pg_backend_pid() AS id' });
    const asleep = one.query({ text: 'SELECT pg_sleep(30)' }).catch((error: unknown) => error);
    while ((await database.connections.query({ text: 'SELECT FROM pg_stat_activity WHERE pid = $1 AND query LIKE \'%sleep%\'', values: [id] })).length === 0) {
      // Until it sleeps.
    }
    await database.connections.query({ text: 'SELECT pg_terminate_backend($1)', values: [id] });
    const error = await asleep;
    expect(mayHaveHappened(error)).toBe(true);
    const [{ id: next }] = await one.query({ text: 'SELECT pg_backend_pid() AS id' });
    expect(next).not.toBe(id);
  });

  it('do not talk in the clear with a server that has no TLS', async () => {
    const secure = database.connect({ tls: 'system' });
    await expect(secure.query({ text: 'SELECT 1' })).rejects.toThrow('The server does not support SSL connections');
  });

  it('ask for the password at each connection', async () => {
    await database.connections.query({ text: "CREATE ROLE worker LOGIN PASSWORD 'first'" });
    await database.connections.query({
      text: `DO $$ BEGIN EXECUTE format('COPY (SELECT unnest(ARRAY[%L, %L])) TO %L',
        'host all worker 127.0.0.1/32 scram-sha-256', 'host all all 127.0.0.1/32 trust', current_setting('hba_file')); END $$`,
    });
    await database.connections.query({ text: 'SELECT pg_reload_conf()' });
    const passwords = ['first', 'second', 'wrong'];
    const asked: string[] = [];
    const worker = database.connect({
      user: 'worker', poolSize: 2, password: async () => {
        asked.push(passwords[asked.length]);
        return asked.at(-1) as string;
      },
    });
    expect(await worker.query({ text: 'SELECT current_user AS name' })).toEqual([{ name: 'worker' }]);
    await database.connections.query({ text: "ALTER ROLE worker PASSWORD 'second'" });
    // The first connection is taken, so that a second one is made, with the password of now.
    await worker.withSession(async () => {
      expect(await worker.query({ text: 'SELECT 1 AS one' })).toEqual([{ one: 1 }]);
      const other = database.connect({ user: 'worker', password: async () => 'first' });
      await expect(other.query({ text: 'SELECT 1' })).rejects.toMatchObject({ code: '28P01' });
    });
    expect(asked).toEqual(['first', 'second']);
  });

  it('carry a ledger over a killed and restarted server: what was answered is there, once', async () => {
    const merchant = newMerchant();
    const ledger = new PostgresqlLedger({ database: database.connections });
    expect(await ledger.applyPayments([payment(merchant, 'before')])).toEqual([{ kind: 'applied' }]);
    await database.engine.kill();
    expect((await ledger.applyPayments([payment(merchant, 'down')], { deadline: Date.now() + 100 }))[0].kind).toBe('unavailable');
    await database.engine.run();
    const again = await ledger.applyPayments(['before', 'down', 'after'].map((key) => payment(merchant, key)));
    expect(again).toEqual([{ kind: 'duplicate', conflict: false }, { kind: 'applied' }, { kind: 'applied' }]);
  });
});
