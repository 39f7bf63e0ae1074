import { AwsJsonClient } from '../runtime/aws/json-client';
import { cacheFromEnvironment } from '../runtime/cache/cache-from-environment';
import type { RedisCache } from '../runtime/cache/redis-cache';
import { Environment } from '../runtime/configuration/environment';
import { Logger } from '../runtime/observability/logger';
import { EmbeddedMetrics } from '../runtime/observability/metrics';
import { profilesFromEnvironment } from '../runtime/profile/profiles-from-environment';
import { systemClock } from '../runtime/retry/clock';
import { createCacheWarmerHandler } from './handler';

/** How long the cache may take for the entries of one call. Nobody waits for the warmer. */
const BUDGET_MILLISECONDS = 1_000;

const environment = new Environment();
const functionName = environment.optionalText('AWS_LAMBDA_FUNCTION_NAME') ?? 'cache-warmer';
const metrics = new EmbeddedMetrics({ functionName });
const logger = new Logger({ context: { functionName } });
const profiles = profilesFromEnvironment(environment, new AwsJsonClient({ service: 'dynamodb' }));

// A missing variable is told at the start, not with the first invocation.
environment.text('CACHE_ENDPOINTS');

export const handler = createCacheWarmerHandler({
  table: profiles.table,
  connect: () => cacheFromEnvironment(environment, {
    metrics,
    onError: (error) => logger.sample('warn', 'the cache failed', { error }),
    budgetMilliseconds: BUDGET_MILLISECONDS,
  }) as RedisCache,
  metrics,
  logger,
  clock: systemClock,
}, {
  cachePrefix: profiles.cachePrefix,
  warmSeconds: environment.integer('WARM_SECONDS', { default: 93_600, minimum: 1 }),
  maximumMerchants: environment.integer('WARM_MERCHANTS', { default: 20_000, minimum: 1 }),
  segments: environment.integer('WARM_SEGMENTS', { default: 4, minimum: 1, maximum: 64 }),
});
