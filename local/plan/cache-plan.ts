import type { Topology } from '../../lib/topology';

/** An ElastiCache cache of the template. */
export interface CachePlan {
  /** Physical name; the host names of its endpoints have it as one of their labels. */
  readonly name: string;
}

/** Reads the caches of a topology. */
export function planCaches(topology: Topology): CachePlan[] {
  return topology.ofType('AWS::ElastiCache::ReplicationGroup', 'AWS::ElastiCache::ServerlessCache').map(({ physicalName }) => ({ name: physicalName }));
}

/**
 * Variables of a client that lead to the cache of this run in place of one of the template: no encryption, and nobody authenticates.
 *
 * @param environment variables as in the template
 * @param endpoints `host:port` here of each cache, by its name
 */
export function localCacheVariables(
  environment: { readonly [name: string]: string }, endpoints: ReadonlyMap<string, string>,
): { readonly [name: string]: string } {
  const labels = new Set((environment.CACHE_ENDPOINTS ?? '').split(',').flatMap((endpoint) => endpoint.replace(/:\d+$/, '').toLowerCase().split('.')));
  const local = [...endpoints].filter(([name]) => labels.has(name.toLowerCase())).map(([, endpoint]) => endpoint);
  return local.length === 0 ? {} : { CACHE_ENDPOINTS: local.join(','), CACHE_MODE: 'cluster', CACHE_TLS: 'false', CACHE_USER: '', CACHE_NAME: '' };
}
