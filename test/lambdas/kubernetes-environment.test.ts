import { keepDaysFromEnvironment, portsFromEnvironment as maintenancePorts, usersFromEnvironment } from '../../lambdas/ledger-maintenance/configuration';
import type * as payouts from '../../lambdas/payout';
import { portsFromEnvironment as apiPorts } from '../../lambdas/payment-api/configuration';
import { optionsFromEnvironment, portsFromEnvironment as workerPorts } from '../../lambdas/payment-stream-worker/configuration';
import { AwsConnectionError } from '../../lambdas/runtime/aws/errors';
import { Environment } from '../../lambdas/runtime/configuration/environment';

/** Variables that each handler of the Kubernetes profile cannot do without; what it may be given beside has a default. */
const KAFKA = { KAFKA_BROKERS: 'b-1.example.com:9098', KAFKA_TOPIC: 'payments' };
const DATABASES = { LEDGER: 'postgresql', DATABASE_WRITERS: 'a.example.com,b.example.com', DATABASE_NAME: 'ledger' };
const WORKER = {
  ...DATABASES, DATABASE_WRITER_USER: 'ledger_writer', PARKING_TABLE: 'parking', REFUND_QUEUE_URL: 'https://queue.example.com/refunds', AWS_REGION: 'eu-central-1',
};
const PAYOUTS = {
  PAYOUT_TABLE: 'payouts', LEDGER_TTL_SECONDS: '604800', PAYOUT_WATCH_QUEUE_URL: 'https://queue.example.com/payouts', PAYOUT_WATCH_SECONDS: '60',
};
const REQUIRED = {
  'payment-api': {
    ...KAFKA, ...DATABASES, DATABASE_READER_USER: 'ledger_reader', PARKING_TABLE: 'parking', JWT_ISSUER: 'https://issuer.example.com',
    JWT_JWKS_ENDPOINT: 'https://issuer.example.com/keys', AWS_REGION: 'eu-central-1',
  },
  'payment-api with late reads': {
    ...KAFKA, LEDGER: 'postgresql', DATABASE_READERS: 'ra.example.com,rb.example.com', DATABASE_NAME: 'ledger', DATABASE_READER_USER: 'ledger_reader',
    STATUS_READS: 'eventual', BALANCE_READS: 'eventual', PARKING_TABLE: 'parking', JWT_ISSUER: 'https://issuer.example.com',
    JWT_JWKS_ENDPOINT: 'https://issuer.example.com/keys', AWS_REGION: 'eu-central-1',
  },
  'payment-stream-worker': { ...KAFKA, KAFKA_GROUP: 'payment-worker', ...WORKER },
  'refund-worker': { ...WORKER, REFUND_WAIT_SECONDS: '900' },
  'payout': {
    ...DATABASES, ...PAYOUTS, DATABASE_WRITER_USER: 'ledger_writer', EVENT_BUS_NAME: 'events', TRANSFER_ENDPOINT: 'https://bank.example.com',
    AWS_REGION: 'eu-central-1',
  },
  'payout watch': { ...PAYOUTS, PAYOUT_STATE_MACHINE_ARN: 'arn:aws:states:eu-central-1:111122223333:stateMachine:payouts', AWS_REGION: 'eu-central-1' },
  'fraud-worker': { ...DATABASES, DATABASE_WRITER_USER: 'ledger_writer', PARKING_TABLE: 'parking', AWS_REGION: 'eu-central-1' },
  'ledger-maintenance migrate': {
    DATABASE_WRITERS: 'a.example.com,b.example.com', DATABASE_NAME: 'ledger', DATABASE_WRITER_USER: 'ledger_writer', DATABASE_READER_USER: 'ledger_reader',
    DATABASE_OWNER_SECRETS: 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:a,arn:aws:secretsmanager:eu-central-1:111122223333:secret:b',
    AWS_REGION: 'eu-central-1',
  },
  'ledger-maintenance daily': {
    DATABASE_WRITERS: 'a.example.com', DATABASE_NAME: 'ledger', DATABASE_OWNER_SECRETS: 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:a',
    LEDGER_TTL_SECONDS: '604800', AWS_REGION: 'eu-central-1',
  },
} as const;

type Handler = keyof typeof REQUIRED;

const CONTEXT = { getRemainingTimeInMillis: () => 1_000 };

const before = { ...process.env };

/** Makes the ports of a handler, as its process does at its start. */
async function start(handler: Handler, variables: Readonly<Record<string, string>>): Promise<void> {
  process.env = { ...variables, AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret', AWS_ENDPOINT_URL: 'http://127.0.0.1:1' };
  const environment = new Environment();
  switch (handler) {
    case 'payment-api':
    case 'payment-api with late reads':
      return (await apiPorts(environment, () => undefined)).close!();
    case 'payment-stream-worker':
      optionsFromEnvironment(environment);
      return workerPorts(environment).close!();
    case 'refund-worker':
    case 'fraud-worker':
      return jest.isolateModulesAsync(async () => { await import(`../../lambdas/${handler}/index`); });
    case 'payout':
    case 'payout watch':
      return jest.isolateModulesAsync(async () => {
        const { handler: step, watchHandler } = jest.requireActual<typeof payouts>('../../lambdas/payout');
        // Of what is no payout nobody is asked.
        await (handler === 'payout' ? step({ step: 'leave', payout: {} }, CONTEXT) : watchHandler({ Records: [] }, CONTEXT));
      });
    case 'ledger-maintenance migrate':
      usersFromEnvironment(environment);
      return openOwned(environment);
    case 'ledger-maintenance daily':
      keepDaysFromEnvironment(environment);
      return openOwned(environment);
  }
}

/** Nobody answers for AWS Secrets Manager here; that it is asked says that all is there. */
async function openOwned(environment: Environment): Promise<void> {
  try {
    await (await maintenancePorts(environment)).close();
  } catch (error) {
    if (!(error instanceof AwsConnectionError)) {
      throw error;
    }
  }
}

/** With defaults of their own: without them a handler is that of the other profile, or reads otherwise. */
const CHOICES: ReadonlySet<string> = new Set(['LEDGER', 'KAFKA_BROKERS', 'STATUS_READS', 'BALANCE_READS', 'KAFKA_AUTHENTICATION']);

describe.each(Object.keys(REQUIRED) as Handler[])('the environment of %s', (handler) => {
  beforeAll(() => { jest.spyOn(process.stdout, 'write').mockReturnValue(true); });
  afterAll(() => { jest.restoreAllMocks(); });
  afterEach(() => { process.env = before; });
  const required: Readonly<Record<string, string>> = REQUIRED[handler];

  it('is enough to start', async () => {
    await start(handler, required);
  });

  it.each(Object.keys(required).filter((name) => !CHOICES.has(name)))('must have %s', async (name) => {
    const { [name]: _left, ...others } = required;
    await expect(start(handler, others)).rejects.toThrow(`${name} must be set`);
  });
});

describe('the environment of payment-api', () => {
  afterEach(() => { process.env = before; });

  it.each<[Record<string, string>, string]>([
    [{ STREAM_NAME: 'payments' }, 'KAFKA_BROKERS must not be set where STREAM_NAME is: payments go to one of them, got: b-1.example.com:9098'],
    [{ KAFKA_TOPIC: 'payments in euro' }, "KAFKA_TOPIC must be 1 to 120 letters, digits, '.', '_' and '-', got: payments in euro"],
    [{ KAFKA_TOPIC: 'p'.repeat(121) }, 'KAFKA_TOPIC must be 1 to 120 letters'],
    [{ LEDGER: 'dynamodb' }, 'LEDGER_TABLES must be set'],
    [{ AGGREGATION_MAXIMUM_BYTES: '1' }, 'AGGREGATION_MAXIMUM_BYTES must be a whole number between 4096 and 1000000, got: 1'],
  ])('is refused with %j', async (others, message) => {
    await expect(start('payment-api', { ...REQUIRED['payment-api'], ...others })).rejects.toThrow(message);
  });
});

describe('the environment of ledger-maintenance', () => {
  it.each<[Record<string, string>, number]>([
    [{ LEDGER_TTL_SECONDS: '604800' }, 7], [{ REFUND_WINDOW_SECONDS: '86401' }, 2], [{ REFUND_WINDOW_SECONDS: '86400', LEDGER_TTL_SECONDS: '172800' }, 2],
  ])('keeps entries with %j for %d days', (variables, days) => {
    expect(keepDaysFromEnvironment(new Environment(variables))).toBe(days);
  });

  it('keeps them for no shorter than they may be refunded', () => {
    expect(() => keepDaysFromEnvironment(new Environment({ REFUND_WINDOW_SECONDS: '604800', LEDGER_TTL_SECONDS: '86400' })))
      .toThrow('LEDGER_TTL_SECONDS must be a whole number between 604800 and');
  });

  it.each(['LEDGER_TTL_SECONDS', 'REFUND_WINDOW_SECONDS'])('keeps them for no longer than ten years, by %s', (name) => {
    const read = (seconds: number) => keepDaysFromEnvironment(new Environment({ [name]: String(seconds) }));
    expect(read(316_224_000)).toBe(3_660);
    expect(() => read(316_224_001)).toThrow(`${name} must be a whole number between 1 and 316224000, got: 316224001`);
  });

  it('must have a secret for each database', async () => {
    await expect(start('ledger-maintenance daily', { ...REQUIRED['ledger-maintenance daily'], DATABASE_WRITERS: 'a,b' }))
      .rejects.toThrow('DATABASE_OWNER_SECRETS must name a secret for each of DATABASE_WRITERS, 2, got: 1');
    process.env = before;
  });
});
