import type { AwsCaller } from '../aws/json-client';
import type { Cache } from '../cache/cache';
import type { Environment } from '../configuration/environment';
import type { Metrics } from '../observability/metrics';
import { PaymentEnricher } from './payment-enricher';
import { ProfileReader } from './profile-reader';
import { ProfileTable } from './profile-table';

/** Finest resolution of H3. */
const FINEST_RESOLUTION = 15;

/** Profiles as the environment describes them, for those who fill the cache too. */
export interface ConfiguredProfiles {
  readonly table: ProfileTable;
  /** What their keys in the cache begin with. Tells the resolution of cells, so that a change of it finds nothing old. */
  readonly cachePrefix: string;
  /** How long the cache keeps one, in seconds. */
  readonly cacheSeconds: number;
}

/**
 * The table that PROFILE_TABLE names, with H3_RESOLUTION (default 5) and PROFILE_CACHE_SECONDS (default 300).
 *
 * @throws Error naming the variable that is missing or malformed
 */
export function profilesFromEnvironment(environment: Environment, dynamodb: AwsCaller): ConfiguredProfiles {
  const resolution = environment.integer('H3_RESOLUTION', { default: 5, maximum: FINEST_RESOLUTION });
  return {
    table: new ProfileTable({ dynamodb, table: environment.text('PROFILE_TABLE'), resolution }),
    cachePrefix: `profile:${resolution}:`,
    cacheSeconds: environment.integer('PROFILE_CACHE_SECONDS', { default: 300, minimum: 1 }),
  };
}

export interface EnricherPorts {
  readonly dynamodb: AwsCaller;
  readonly cache?: Cache;
  readonly metrics: Metrics;
  readonly onError: (error: unknown) => void;
}

/**
 * What enriches payments; undefined without PROFILE_TABLE. Beside the variables of the table: PROFILE_WAIT_MILLISECONDS (default 25),
 * PROFILE_MEMORY_SECONDS (default 30) and PAYER_PROFILES, `true` (default) or `false`.
 *
 * @throws Error naming the variable that is malformed
 */
export function enricherFromEnvironment(environment: Environment, { dynamodb, cache, metrics, onError }: EnricherPorts): PaymentEnricher | undefined {
  if (environment.optionalText('PROFILE_TABLE') === undefined) {
    return undefined;
  }
  const profiles = new ProfileReader({
    ...profilesFromEnvironment(environment, dynamodb),
    cache,
    metrics,
    onError,
    waitMilliseconds: environment.integer('PROFILE_WAIT_MILLISECONDS', { default: 25, minimum: 1, maximum: 10_000 }),
    memorySeconds: environment.integer('PROFILE_MEMORY_SECONDS', { default: 30, minimum: 1 }),
  });
  return new PaymentEnricher({ profiles, metrics, payers: environment.oneOf('PAYER_PROFILES', ['true', 'false'], 'true') === 'true' });
}
