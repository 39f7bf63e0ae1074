import { addressesFromEnvironment, postgresqlFromEnvironment, type PostgresqlUse } from '../../../../lambdas/runtime/configuration/postgresql-from-environment';
import { Environment } from '../../../../lambdas/runtime/configuration/environment';
import { openLedger } from '../../../../lambdas/runtime/configuration/open-ledger';
import { MerchantMap } from '../../../../lambdas/runtime/ledger/merchant-map';
import { systemClock } from '../../../../lambdas/runtime/retry/clock';
import { describeWithPostgresql } from '../ledger/postgresql-database';
import { LedgerDatabases } from '../support/ledger-databases';
import { payment } from '../support/payments';
import { RecordedMetrics, recordedLogger } from '../support/silent';

const VARIABLES = {
  LEDGER: 'postgresql', DATABASE_WRITERS: 'a.example.com, b.example.com:6432', DATABASE_READERS: 'ra.example.com,rb.example.com', DATABASE_NAME: 'ledger',
  DATABASE_WRITER_USER: 'ledger_writer', DATABASE_READER_USER: 'ledger_reader', DATABASE_AUTHENTICATION: 'none', DATABASE_TLS: 'off',
};
const nobody = { call: () => Promise.reject(new Error('not called')) };

function access(variables: Record<string, string>, use: PostgresqlUse = 'write') {
  return postgresqlFromEnvironment(new Environment({ ...VARIABLES, ...variables }), { use, applicationName: 'test' });
}

function open(variables: Readonly<Record<string, string>>) {
  return openLedger(new Environment(variables), {
    dynamodb: nobody, metrics: new RecordedMetrics(), logger: recordedLogger().logger, clock: systemClock, applicationName: 'a-worker',
  });
}

describe('the databases of an environment', () => {
  it('are shards in their order, at the port of PostgreSQL unless another is named', () => {
    expect(access({}).names).toEqual(['shard-1', 'shard-2']);
    expect(addressesFromEnvironment(new Environment(VARIABLES), 'DATABASE_WRITERS'))
      .toEqual([{ host: 'a.example.com', port: 5_432 }, { host: 'b.example.com', port: 6_432 }]);
    expect(access({ DATABASE_SCHEMA: 'books' }).shard('shard-2').schema).toBe('books');
  });

  it.each<[PostgresqlUse, string[]]>([
    ['write', ['DATABASE_WRITERS', 'DATABASE_WRITER_USER', 'DATABASE_NAME']],
    ['read', ['DATABASE_WRITERS', 'DATABASE_READER_USER', 'DATABASE_NAME']],
    ['readLate', ['DATABASE_READERS', 'DATABASE_READER_USER', 'DATABASE_NAME']],
  ])('need for %s no more than %j', (use, names) => {
    const variables = Object.fromEntries(Object.entries(VARIABLES).filter(([name]) => names.includes(name)));
    const closed = { DATABASE_AUTHENTICATION: 'none', DATABASE_TLS: 'off' };
    const from = (given: Record<string, string>) => postgresqlFromEnvironment(new Environment({ ...closed, ...given }), { use, applicationName: 'test' });
    expect(from(variables).names).toHaveLength(2);
    for (const name of names) {
      expect(() => from({ ...variables, [name]: '' })).toThrow(`${name} must be set`);
    }
  });

  it.each<[Record<string, string>, string]>([
    [{ DATABASE_WRITERS: 'a:0' }, 'DATABASE_WRITERS must be a comma-separated list of host or host:port, got: a:0'],
    [{ DATABASE_WRITERS: 'a:b' }, 'DATABASE_WRITERS must be a comma-separated list of host or host:port, got: a:b'],
    [{ DATABASE_WRITERS: 'a,a' }, 'DATABASE_WRITERS must be a comma-separated list of different names, got: a,a'],
    [{ DATABASE_READERS: 'ra' }, 'DATABASE_READERS must name as many servers as DATABASE_WRITERS, 2, got: 1'],
    [{ DATABASE_WRITER_USER: 'Robert; DROP' }, "DATABASE_WRITER_USER must be 1 to 63 lower-case letters, digits and '_', and not begin with a digit, got: Robert; DROP"],
    [{ DATABASE_SCHEMA: '1st' }, 'DATABASE_SCHEMA must be 1 to 63 lower-case letters'],
    [{ DATABASE_POOL: '0' }, 'DATABASE_POOL must be a whole number between 1 and 10000, got: 0'],
    [{ DATABASE_TLS: '/nowhere' }, 'DATABASE_TLS must name a file that can be read, got: /nowhere (ENOENT)'],
    [{ DATABASE_AUTHENTICATION: 'password' }, 'DATABASE_AUTHENTICATION must be one of iam, file, none, got: password'],
    [{ DATABASE_AUTHENTICATION: 'iam' }, 'DATABASE_TLS must not be off where DATABASE_AUTHENTICATION is iam'],
    [{ DATABASE_AUTHENTICATION: 'iam', DATABASE_TLS: '' }, 'AWS_REGION must be set'],
    [{ DATABASE_AUTHENTICATION: 'file' }, 'DATABASE_PASSWORD_FILE must be set'],
  ])('are refused with %j', (variables, message) => {
    expect(() => access(variables)).toThrow(message);
  });

  it.each([['LEDGER', 'paper', 'LEDGER must be one of dynamodb, postgresql, got: paper'],
    ['DATABASE_BATCH_SIZE', '0', 'DATABASE_BATCH_SIZE must be a whole number between 1 and 10000, got: 0']])('no ledger is opened with %s of %s', (name, value, message) => {
    expect(() => open({ ...VARIABLES, [name]: value })).toThrow(message);
  });

  it('hold up the payments of a shard that they do not name, and no others', async () => {
    const { ledger, postgresql, close } = open(VARIABLES);
    const [here, there] = [{ kind: 'impossible', reason: 'it is not a payment' }, { kind: 'unavailable', error: { message: expect.stringContaining('DATABASE_WRITERS names no shard-3') } }];
    jest.spyOn(postgresql!.places, 'current').mockResolvedValue(new MerchantMap(1, ['shard-1', 'shard-3'], new Map([['here', 'shard-1'], ['there', 'shard-3']])));
    expect(await ledger.applyPayments([payment('here', 'k', { type: 'refund' }), payment('there', 'k')])).toMatchObject([here, there]);
    await close();
  });
});

describeWithPostgresql('the databases of an environment, for real', () => {
  let databases: LedgerDatabases;

  beforeAll(async () => {
    databases = await LedgerDatabases.start(2);
    await databases.migrate();
  });
  afterAll(() => databases.stop());

  it('are found by the directory in the first one, with no more connections than the pool of each, and none when all is closed', async () => {
    const { ledger, close } = open({ ...databases.variables, DATABASE_POOL: '1' });
    const payments = Array.from({ length: 400 }, (_, index) => payment(`p${index % 40}`, `k${index}`, { acceptedAt: Date.now() }));
    const batches = await Promise.all([0, 100, 200, 300].map((from) => ledger.applyPayments(payments.slice(from, from + 100))));
    expect(new Set(batches.flat().map(({ kind }) => kind))).toEqual(new Set(['applied']));
    const ask = (shard: number) => databases.connect(shard).query({
      text: `SELECT (SELECT count(*)::int FROM pg_stat_activity WHERE application_name = 'a-worker') AS connections,
        (SELECT count(*)::int FROM ledger.entry WHERE merchant_id LIKE 'p%') AS entries`,
    });
    const [[one], [two]] = [await ask(0), await ask(1)];
    expect([one.connections, two.connections]).toEqual([1, 1]);
    expect(Number(one.entries) + Number(two.entries)).toBe(400);
    expect(Math.min(Number(one.entries), Number(two.entries))).toBeGreaterThan(0);
    await close();
    expect((await ledger.applyPayments([payment('p1', 'late')]))[0].kind).toBe('unavailable');
  });

  it('go on while the one with the directory is down: of new processes too, where its replica knows it', async () => {
    const names = await open(databases.variables).postgresql!.places.current();
    expect(names.shards).toEqual(['shard-1', 'shard-2']);
    const [first, second] = databases.variables.DATABASE_WRITERS.split(',');
    const swapped = open({ ...databases.variables, DATABASE_WRITERS: `127.0.0.1:1,${second}`, DATABASE_READERS: `${first},${second}` });
    const merchants = Array.from({ length: 10 }, (_, index) => `d${index}`);
    const outcomes = await swapped.ledger.applyPayments(merchants.map((merchant) => payment(merchant, 'k', { acceptedAt: Date.now() })), { deadline: Date.now() + 500 });
    const expected = merchants.map((merchant) => (names.shardOf(merchant) === 'shard-2' ? 'applied' : 'unavailable'));
    expect(outcomes.map(({ kind }) => kind)).toEqual(expected);
    expect(new Set(expected).size).toBe(2);
    await swapped.close();
  });
});
