import { BILLED_GB } from '../../sizing/monthly-cost';
import { cacheLoad } from '../../sizing/valkey-load';
import type { TopologyResource } from '../../topology';
import { type Amount, declared, derived, times } from '../amount';
import { UnpricedError } from '../unpriced-error';
import { numberOf, textOf } from '../usage/properties';
import { clusterShare } from '../usage/cluster-nodes';
import { edgeBytes } from '../usage/edge';
import { text } from '../usage/traffic';
import type { UsageModel } from '../usage/usage-model';
import { flowing, hourly, type Pricer } from './pricer';

/** Serverless caches: what they hold, and units of requests, each no less than its stated minimum. */
export const serverlessCachePricer: Pricer = {
  types: ['AWS::ElastiCache::ServerlessCache'],
  price(resource, model) {
    const engine = textOf(resource, 'Engine') === 'redis' ? 'redis' : 'valkey';
    const least = numberOf(resource, 'CacheUsageLimits.DataStorage.Minimum') ?? model.facts(resource).number('elasticache/serverless.minBilledGB.valkey');
    const leastUnits = numberOf(resource, 'CacheUsageLimits.ECPUPerSecond.Minimum') ?? 0;
    const { gigabytes, units, bytes } = loadOf(resource, model);
    const zones = Math.max(1, listLength(resource));
    return [
      hourly(resource, 'data', `cache.${engine}.gigabyteHours`, atLeast(gigabytes, least, 'GB at least')),
      flowing(resource, 'request units', `cache.${engine}.units`, atLeast(units, leastUnits, 'units/s at least, as the template asks for')),
      flowing(resource, 'traffic between zones', 'interZone.gigabytes', times(bytes, (zones - 1) / zones / BILLED_GB)),
    ];
  },
};

/** Caches of nodes: each node by the hour, backups, and what crosses zones. */
export const nodeCachePricer: Pricer = {
  types: ['AWS::ElastiCache::ReplicationGroup'],
  price(resource, model) {
    const type = textOf(resource, 'CacheNodeType');
    if (type === undefined) {
      throw new UnpricedError(`${resource.logicalId} names no \`CacheNodeType\``);
    }
    const engine = textOf(resource, 'Engine') === 'redis' ? 'redis' : 'valkey';
    const shards = numberOf(resource, 'NumNodeGroups') ?? 1;
    const nodes = numberOf(resource, 'NumCacheClusters') ?? shards * (1 + (numberOf(resource, 'ReplicasPerNodeGroup') ?? 0));
    const { bytes } = loadOf(resource, model);
    const zones = zonesOf(resource, model);
    return [
      hourly(resource, 'nodes', `cache.nodeHours:onDemand.${engine}.${type}`, declared(nodes, `${shards} shards with their replicas`),
        isReservable(`${engine}.${type}`, model, resource) ? { commitment: { plan: 'reservedNodes', of: `${engine}.${type}`, steadyShare: 1 } } : {}),
      flowing(resource, 'traffic between zones', 'interZone.gigabytes', times(bytes, (zones - 1) / zones / BILLED_GB, `${bytes.why}; the primary of a shard is in one of ${zones} zones`)),
    ];
  },
};

interface Load {
  readonly gigabytes: Amount;
  readonly units: Amount;
  readonly bytes: Amount;
}

/** What the payments ask of a cache: entries of merchants, payers and rules. */
function loadOf(resource: TopologyResource, model: UsageModel): Load {
  if (model.references.to(resource, 'Custom::AWSCDK-EKS-HelmChart').length > 0) {
    return counterLoad(resource, model);
  }
  const load = cacheLoad(model.average, model.facts(resource));
  const made = model.decidedNumber(resource, 'workingSetBytes') !== undefined;
  const amount = (value: number, why: string): Amount => ({ ...derived(value, why), kind: made ? 'derived' : 'assumed' });
  const why = `${text(model.rate)} payments/s that look up merchant, payer and rules`;
  return {
    gigabytes: model.use(resource, 'storedGigabytes', () => amount(load.averageWorkingSetBytes / BILLED_GB, why)),
    units: model.use(resource, 'unitsPerSecond', () => amount(load.unitsPerSecond, why)),
    bytes: model.use(resource, 'bytesPerSecond', () => amount(load.bytesPerSecond, why)),
  };
}

/** Counters of a gateway's rate limits, which a chart is told of: each public request adds to one and sets when it ends. */
function counterLoad(resource: TopologyResource, model: UsageModel): Load {
  const { publicEdgeShare } = model.workload;
  const rate = model.rate * clusterShare(model, resource) * publicEdgeShare;
  const { requests } = edgeBytes(model, rate, model.facts(resource));
  const units = model.use(resource, 'unitsPerSecond', () => times(model.assume('limitCommands', `${text(requests)} public requests/s, commands of each`), requests));
  return {
    gigabytes: model.use(resource, 'storedGigabytes', () => derived(0, 'counters of clients in this second')),
    units,
    bytes: model.use(resource, 'bytesPerSecond', () => times(units, model.facts(resource).number('target/cost.limitCommandBytes'))),
  };
}

function atLeast(amount: Amount, least: number, what: string): Amount {
  return amount.value >= least ? amount : declared(least, `${least} ${what}; used: ${text(amount.value)}`);
}

function listLength(resource: TopologyResource): number {
  const { SubnetIds } = resource.properties;
  return Array.isArray(SubnetIds) ? SubnetIds.length : 1;
}

/** Whether a price is known of nodes of a type that are reserved for a year. */
function isReservable(type: string, model: UsageModel, resource: TopologyResource): boolean {
  const known = model.once('prices of nodes', () => new Set(model.facts(resource).list('elasticache').map(({ id }) => id)));
  return known.has(`elasticache/reserved1yNoUpfront.${type}.hour`);
}

/** Zones that nodes are in: each shard is read at its primary, which is in one of them. */
function zonesOf(resource: TopologyResource, model: UsageModel): number {
  const [group] = model.references.from(resource, /^CacheSubnetGroupName/).map(({ to }) => to);
  return Math.max(1, group === undefined ? 1 : listLength(group));
}
