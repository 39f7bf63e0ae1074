import { AwsCaller, AwsJsonClient } from '../runtime/aws/json-client';
import { BalanceTable } from '../runtime/balance/balance-table';
import { SqsRefundQueue } from '../runtime/batch/waiting-records';
import { Cache } from '../runtime/cache/cache';
import { cacheFromEnvironment } from '../runtime/cache/cache-from-environment';
import { LeasedTokenBuckets } from '../runtime/cache/leased-token-buckets';
import { Environment } from '../runtime/configuration/environment';
import { ledgerFromEnvironment, parkingFromEnvironment } from '../runtime/configuration/ports';
import { HttpsClient } from '../runtime/http/outgoing';
import { Ledger } from '../runtime/ledger/ledger';
import { Logger } from '../runtime/observability/logger';
import { EmbeddedMetrics, Metrics } from '../runtime/observability/metrics';
import { serverTracingFromEnvironment } from '../runtime/observability/tracing-from-environment';
import { Parking } from '../runtime/parking/parking';
import { DirectPaymentStream } from '../runtime/producer/direct-payment-stream';
import { KinesisProducer } from '../runtime/producer/kinesis-producer';
import { PaymentStream } from '../runtime/producer/payment-stream';
import { enricherFromEnvironment } from '../runtime/profile/profiles-from-environment';
import { guardLedger } from '../runtime/resilience/guarded-ledger';
import { KeyedLimiter, KeyedTokenBuckets } from '../runtime/resilience/keyed-token-buckets';
import { systemClock } from '../runtime/retry/clock';
import { CachedKeySet, keySetAt } from '../runtime/security/key-set';
import { ApiKeyTable } from './api-key-table';
import { authenticateEither, authenticateNobody, Authenticator } from './authentication';
import { createKeyAuthenticator } from './key-authenticator';
import { WorkflowPayouts } from './payout-starter';
import { BALANCE_READS, PaymentApiPorts, STATUS_READS } from './ports';
import { createTokenAuthenticator } from './token-authenticator';

/** An aggregated record must have room for the largest payment; Kinesis takes 1 MiB, its partition key included. */
const RECORD_BYTES = { minimum: 4_096, maximum: 1_000_000 };
/** Profiles and API keys are asked for while a client waits. */
const SHORT_TIMEOUT_MILLISECONDS = 500;
/** How long the end of a process waits for its last spans. */
const SPANS_MILLISECONDS = 1_000;
/** Clients give up before a request takes longer. */
const MOST_PROMPT_MILLISECONDS = 30_000;
/** Longest time between two publications of metrics, in seconds. */
const MOST_METRICS_SECONDS = 3_600;

/** Makes the API's ports of environment variables. @throws Error naming the variable that is missing or malformed */
export async function portsFromEnvironment(environment: Environment, onError: (error: unknown) => void): Promise<PaymentApiPorts> {
  const dynamodb = new AwsJsonClient({ service: 'dynamodb' });
  const metrics = new EmbeddedMetrics({ functionName: environment.optionalText('SERVICE_NAME') ?? 'payment-api', dimension: 'ServiceName' });
  const ledger = ledgerFromEnvironment(environment, dynamodb);
  const parking = parkingFromEnvironment(environment, dynamodb);
  const quick = new AwsJsonClient({ service: 'dynamodb', timeoutMilliseconds: SHORT_TIMEOUT_MILLISECONDS });
  const stream = environment.optionalText('STREAM_NAME') === undefined
    ? directStream(environment, { ledger, parking, metrics })
    : producer(environment, onError);
  const balances = new BalanceTable({ dynamodb, table: environment.text('BALANCE_TABLE') });
  const authenticate = await authenticatorFromEnvironment(environment, quick, onError);
  const clientPaymentsPerSecond = environment.optionalText('CLIENT_PAYMENTS_PER_SECOND') === undefined
    ? undefined
    : environment.integer('CLIENT_PAYMENTS_PER_SECOND', { minimum: 1 });
  const stateMachineArn = environment.optionalText('PAYOUT_STATE_MACHINE_ARN');
  const metricsMilliseconds = environment.integer('METRICS_SECONDS', { default: 60, minimum: 1, maximum: MOST_METRICS_SECONDS }) * 1_000;
  const receiptLifetimeSeconds = environment.integer('RECEIPT_LIFETIME_SECONDS', { default: 86_400, minimum: 1 });
  const tracing = serverTracingFromEnvironment(environment, 'payment-api', metrics);
  // Last, as the cache begins to connect when it is made.
  const cache = cacheFromEnvironment(environment, { metrics, onError });
  const publishing = setInterval(() => metrics.flush(), metricsMilliseconds).unref();
  return {
    stream,
    ledger,
    parking,
    balances,
    authenticate,
    receiptLifetimeSeconds,
    clientPaymentsPerSecond,
    limiter: limiterFromEnvironment(environment, cache, metrics),
    shedding: {
      promptMilliseconds: environment.integer('PROMPT_MILLISECONDS', { default: 500, minimum: 1, maximum: MOST_PROMPT_MILLISECONDS }),
      onShed: () => metrics.count('RequestsShed'),
    },
    enricher: enricherFromEnvironment(environment, { dynamodb: quick, cache, metrics, onError }),
    holds: environment.oneOf('HOLDS', ['true', 'false'], 'false') === 'true',
    payouts: stateMachineArn === undefined ? undefined : new WorkflowPayouts(new AwsJsonClient({ service: 'states' }), stateMachineArn),
    statusReads: environment.oneOf('STATUS_READS', STATUS_READS, 'strong'),
    balanceReads: environment.oneOf('BALANCE_READS', BALANCE_READS, 'strong'),
    onUnexpectedError: onError,
    tracer: tracing?.tracer,
    close: async () => {
      clearInterval(publishing);
      cache?.close();
      await tracing?.exporter.close(SPANS_MILLISECONDS);
      metrics.flush();
    },
  };
}

function producer(environment: Environment, onError: (error: unknown) => void): PaymentStream {
  return new KinesisProducer({
    kinesis: new AwsJsonClient({ service: 'kinesis' }),
    streamName: environment.text('STREAM_NAME'),
    lingerMilliseconds: linger(environment),
    maximumRecordBytes: environment.integer('AGGREGATION_MAXIMUM_BYTES', { default: 25_000, ...RECORD_BYTES }),
    maximumRecordPayments: environment.integer('AGGREGATION_MAXIMUM_PAYMENTS', { default: 500, minimum: 1 }),
    onError,
  });
}

interface DirectPorts {
  readonly ledger: Ledger;
  readonly parking: Parking;
  readonly metrics: Metrics;
}

/** Without a stream the payments of concurrent requests go to the ledger in batches. */
function directStream(environment: Environment, { ledger, parking, metrics }: DirectPorts): PaymentStream {
  const logger = new Logger({ context: { service: 'payment-api' } });
  return new DirectPaymentStream({
    ledger: guardLedger(ledger, { metrics, logger, clock: systemClock }),
    refundQueue: new SqsRefundQueue({ sqs: new AwsJsonClient({ service: 'sqs' }), queueUrl: environment.text('REFUND_QUEUE_URL') }),
    parking,
    metrics,
    logger,
    clock: systemClock,
  }, {
    lingerMilliseconds: linger(environment),
    maximumBatchPayments: environment.integer('AGGREGATION_MAXIMUM_PAYMENTS', { default: 200, minimum: 1 }),
  });
}

function linger(environment: Environment): number {
  return environment.integer('AGGREGATION_LINGER_MILLISECONDS', { default: 5, maximum: 1_000 });
}

function limiterFromEnvironment(environment: Environment, cache: Cache | undefined, metrics: Metrics): KeyedLimiter {
  const processes = environment.integer('API_TASKS', { default: 1, minimum: 1 });
  return cache === undefined
    ? new KeyedTokenBuckets({ processes })
    : new LeasedTokenBuckets({ cache, processes, onAlone: () => metrics.count('LimitsWithoutCache') });
}

async function authenticatorFromEnvironment(
  environment: Environment, dynamodb: AwsCaller, onError: (error: unknown) => void,
): Promise<Authenticator> {
  if (environment.oneOf('AUTHENTICATION', ['jwt', 'none'], 'jwt') === 'none') {
    return authenticateNobody;
  }
  const rememberedSeconds = environment.integer('TOKEN_CACHE_SECONDS', { default: 300 });
  const byToken = await createTokenAuthenticator({
    issuer: environment.text('JWT_ISSUER'),
    // Fetched, so that the issuer can change its keys, unless they are given.
    keySet: environment.optionalText('JWT_KEY_SET')
      ?? new CachedKeySet({ fetch: keySetAt(environment.text('JWT_JWKS_ENDPOINT'), new HttpsClient({ hosts: 'any' })), onError }),
    audience: environment.optionalText('JWT_AUDIENCE'),
    scopeClaim: environment.optionalText('JWT_SCOPE_CLAIM'),
    rememberedSeconds,
  });
  const table = environment.optionalText('API_KEY_TABLE');
  return table === undefined
    ? byToken
    : authenticateEither(createKeyAuthenticator({ keys: new ApiKeyTable(dynamodb, table), rememberedSeconds, onError }), byToken);
}
