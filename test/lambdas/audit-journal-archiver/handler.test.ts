import { portsFromEnvironment } from '../../../lambdas/audit-journal-archiver/configuration';
import { createJournalArchiverHandler } from '../../../lambdas/audit-journal-archiver/handler';
import { Environment } from '../../../lambdas/runtime/configuration/environment';
import { RecordedMetrics, recordedLogger } from '../runtime/support/silent';

const CLOCK = { now: () => 1_000, sleep: async () => undefined };
const CONTEXT = { getRemainingTimeInMillis: () => 60_000 };
const VARIABLES = {
  DATABASE_WRITERS: 'a.example.com,b.example.com:5433', DATABASE_NAME: 'ledger', DATABASE_READER_USER: 'ledger_reader', DATABASE_AUTHENTICATION: 'none',
  DATABASE_TLS: 'off', AUDIT_SOURCES: 'cluster-A,cluster-B', AUDIT_BUCKET: 'bucket', AUDIT_HEAD_TABLE: 'heads',
};

describe('the handler of the archiver of journals', () => {
  const metrics = new RecordedMetrics();
  const { logger } = recordedLogger();
  const before = process.env;

  // What signs calls of AWS reads them itself.
  beforeAll(() => { process.env = { ...before, AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' }; });
  afterAll(() => { process.env = before; });

  it('archives the database that it is told of, within its time', async () => {
    const deadlines: (number | undefined)[] = [];
    const run = { isAlone: true, entries: 3, lagMilliseconds: 0 };
    const archivers = new Map([['shard-1', { run: async (deadline?: number) => { deadlines.push(deadline); return run; } }]]);
    const handler = createJournalArchiverHandler({ archivers, metrics, logger, clock: CLOCK });
    expect(await handler({ shard: 'shard-1' }, CONTEXT)).toBe(run);
    expect(deadlines[0]).toBeGreaterThan(1_000);
    expect(deadlines[0]).toBeLessThan(61_000);
    expect(metrics.flushes).toBe(1);
    await expect(handler({ shard: 'shard-9' }, CONTEXT)).rejects.toThrow('`shard` must be one of shard-1, got: shard-9');
  });

  it('fails, and tells what it counted, when the archive cannot be gone on with', async () => {
    const own = new RecordedMetrics();
    const archivers = new Map([['shard-1', { run: async () => { throw new Error('no answer'); } }]]);
    await expect(createJournalArchiverHandler({ archivers, metrics: own, logger, clock: CLOCK })({ shard: 'shard-1' }, CONTEXT)).rejects.toThrow('no answer');
    expect(own.flushes).toBe(1);
  });

  it('has an archiver for each database', () => {
    expect([...portsFromEnvironment(new Environment(VARIABLES), logger, metrics).archivers.keys()]).toEqual(['shard-1', 'shard-2']);
  });

  it.each([
    ['AUDIT_SOURCES', 'cluster-A', 'AUDIT_SOURCES must name as many databases as DATABASE_WRITERS, 2, got: 1'],
    ['AUDIT_LATE_SECONDS', '0', 'AUDIT_LATE_SECONDS'], ['AUDIT_BUCKET', undefined, 'AUDIT_BUCKET'], ['DATABASE_READER_USER', 'No', 'DATABASE_READER_USER'],
  ])('refuses %s %s', (name, value, message) => {
    expect(() => portsFromEnvironment(new Environment({ ...VARIABLES, [name]: value }), logger, metrics)).toThrow(message);
  });
});
