import type { TopologyResource } from '../../topology';

/** Resources that share the quotas of one account and region, by region. */
export function byRegion(resources: readonly TopologyResource[]): ReadonlyMap<string, readonly TopologyResource[]> {
  const regions = new Map<string, TopologyResource[]>();
  for (const resource of resources) {
    const { account, region } = resource.stack;
    const key = `${account} ${region}`;
    regions.set(key, [...(regions.get(key) ?? []), resource]);
  }
  return new Map([...regions.values()].map((group) => [group[0].stack.region, group]));
}
