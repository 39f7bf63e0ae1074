import { AwsCaller, AwsJsonClient } from '../runtime/aws/json-client';
import { Cache } from '../runtime/cache/cache';
import { cacheFromEnvironment } from '../runtime/cache/cache-from-environment';
import { LeasedTokenBuckets } from '../runtime/cache/leased-token-buckets';
import { Environment } from '../runtime/configuration/environment';
import { parkingFromEnvironment } from '../runtime/configuration/ports';
import { HttpsClient } from '../runtime/http/outgoing';
import { MetricRegistry } from '../runtime/observability/metric-registry';
import { EmbeddedMetrics, Metrics } from '../runtime/observability/metrics';
import { serverTracingFromEnvironment } from '../runtime/observability/tracing-from-environment';
import { enricherFromEnvironment } from '../runtime/profile/profiles-from-environment';
import { KeyedLimiter, KeyedTokenBuckets } from '../runtime/resilience/keyed-token-buckets';
import { CachedKeySet, keySetAt } from '../runtime/security/key-set';
import { acceptanceOf, openStream } from './accepting';
import { ApiKeyTable } from './api-key-table';
import { authenticateEither, authenticateNobody, Authenticator } from './authentication';
import { booksFromEnvironment } from './books';
import { createKeyAuthenticator } from './key-authenticator';
import { WorkflowPayouts } from './payout-starter';
import { PaymentApiPorts } from './ports';
import { createTokenAuthenticator } from './token-authenticator';

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
  // Only where somebody can ask for it.
  const registry = environment.optionalText('METRICS_PORT') === undefined ? undefined : new MetricRegistry();
  const metrics = new EmbeddedMetrics({ functionName: environment.optionalText('SERVICE_NAME') ?? 'payment-api', dimension: 'ServiceName', registry });
  const acceptance = acceptanceOf(environment);
  const { ledger, close: closeBooks, ...books } = booksFromEnvironment(environment, dynamodb, metrics, acceptance === 'direct');
  const parking = parkingFromEnvironment(environment, dynamodb);
  const quick = new AwsJsonClient({ service: 'dynamodb', timeoutMilliseconds: SHORT_TIMEOUT_MILLISECONDS });
  const { stream, close: closeStream } = openStream(environment, acceptance, { ledger, parking, metrics }, onError);
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
    ...books,
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
    onUnexpectedError: onError,
    tracer: tracing?.tracer,
    registry,
    close: async () => {
      clearInterval(publishing);
      cache?.close();
      await closeStream?.();
      await closeBooks();
      await tracing?.exporter.close(SPANS_MILLISECONDS);
      metrics.flush();
    },
  };
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
