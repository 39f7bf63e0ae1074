import { credentialsFromEnvironment } from '../aws/credentials';
import { endpointsFromEnvironment } from '../configuration/endpoints-from-environment';
import type { Environment } from '../configuration/environment';
import { CacheTokens } from './cache-token';
import { RedisCache, type RedisCacheOptions } from './redis-cache';

/** Redis and Valkey listen on 6379 unless they are told otherwise. */
const DEFAULT_PORT = 6_379;

/**
 * The cache that these variables describe; undefined without CACHE_ENDPOINTS.
 *
 * - `CACHE_ENDPOINTS`: `host:port`, separated by commas
 * - `CACHE_MODE`: `cluster` (default) or `single`
 * - `CACHE_TLS`: `true` (default) or `false`
 * - `CACHE_USER`: name of the user, which authenticates by IAM against `CACHE_NAME`, the replication group or (`CACHE_SERVERLESS` is `true`) the
 *   serverless cache; nobody authenticates without it
 * - `CACHE_TIMEOUT_MILLISECONDS`: how long a call may take, default 10
 *
 * @throws Error naming the variable that is missing or malformed
 */
export function cacheFromEnvironment(
  environment: Environment, options: Pick<RedisCacheOptions, 'metrics' | 'onError' | 'budgetMilliseconds'> = {},
): RedisCache | undefined {
  if (environment.optionalText('CACHE_ENDPOINTS') === undefined) {
    return undefined;
  }
  const user = environment.optionalText('CACHE_USER');
  const tokens = user === undefined ? undefined : new CacheTokens({
    user,
    cacheName: environment.text('CACHE_NAME'),
    serverless: environment.oneOf('CACHE_SERVERLESS', ['true', 'false'], 'false') === 'true',
    credentials: credentialsFromEnvironment(),
  });
  return new RedisCache({
    budgetMilliseconds: environment.integer('CACHE_TIMEOUT_MILLISECONDS', { default: 10, minimum: 1, maximum: 10_000 }),
    ...options,
    endpoints: endpointsFromEnvironment(environment, 'CACHE_ENDPOINTS', DEFAULT_PORT, 'host:port'),
    cluster: environment.oneOf('CACHE_MODE', ['cluster', 'single'], 'cluster') === 'cluster',
    tls: environment.oneOf('CACHE_TLS', ['true', 'false'], 'true') === 'true',
    ...(tokens === undefined ? undefined : { login: () => tokens.login() }),
  });
}
