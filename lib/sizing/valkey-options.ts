import { Facts } from '../facts';
import { Workload } from '../workload';
import { roundUp } from './arithmetic';
import { formatNumber } from './format';
import { BILLED_GB, hourlyLine, monthlyCost, CostLine, usageLine } from './monthly-cost';
import { SizingOption } from './sizing-option';
import { CacheLoad } from './valkey-load';

/** Node types that a cache may have, those with the least memory first. */
const NODE_TYPES = ['m7g.large', 'm7g.xlarge', 'r7g.large', 'r7g.xlarge', 'r7g.2xlarge', 'r7g.4xlarge'];

export const NODE_TYPE_FACTS: readonly string[] = NODE_TYPES.flatMap((it) => [
  `elasticache/onDemand.valkey.cache.${it}.hour`, `elasticache/cache.${it}.memGiB`, `ec2/network.${it}.baselineGbps`,
]);

export const OPTION_FACTS: readonly string[] = [
  ...NODE_TYPE_FACTS, 'elasticache/reservedMemoryPercent', 'elasticache/node.singleThread.rps', 'target/cache.operationsUtilization',
  'target/cache.networkUtilization', 'target/cache.hotKeyShare', 'elasticache/get.p99.50clients',
  'elasticache/serverless.minBilledGB.valkey', 'elasticache/serverless.valkey.gbHour', 'elasticache/serverless.valkey.ecpuMillion',
  'elasticache/serverless.instantFactor', 'elasticache/serverless.ecpuPerSlot', 'elasticache/serverless.maxGB', 'elasticache/serverless.maxEcpu',
  'elasticache/serverless.get.p50.default', 'elasticache/get.p50.50clients', 'target/cache.localCopySeconds',
];

const BITS_PER_BYTE = 8;

/** One way to run the cache. */
export interface CacheOption extends SizingOption {
  readonly lines: readonly CostLine[];
  readonly latencyP99Milliseconds: number;
  /** Absent for a serverless cache. */
  readonly nodes?: CacheNodes;
}

/** Nodes of one type. */
export interface CacheNodes {
  readonly type: string;
  readonly shards: number;
  /** The number of shards that each bound asks for, unrounded. */
  readonly byMemory: number;
  readonly byOperations: number;
  readonly byNetwork: number;
  /** Bytes of entries that a node holds. */
  readonly usableBytes: number;
}

/** Commands per second that a shard is given. */
export function operationsOfShard(facts: Facts): number {
  return facts.number('elasticache/node.singleThread.rps') * facts.number('target/cache.operationsUtilization');
}

/** Commands per second for one key from which on processes keep copies of their own. */
export function hotKeyBound(facts: Facts): number {
  return operationsOfShard(facts) * facts.number('target/cache.hotKeyShare');
}

/** Commands per second for the hottest key that reach the cache. */
export function hottestKeyOperations(load: CacheLoad, facts: Facts): number {
  return load.hottestPerSecond > hotKeyBound(facts)
    ? Math.min(load.hottestPerSecond, load.processes / facts.number('target/cache.localCopySeconds'))
    : load.hottestPerSecond;
}

export function nodeOptions(load: CacheLoad, replicas: number, facts: Facts): CacheOption[] {
  return NODE_TYPES.map((type) => {
    const nodes = nodesOf(type, load, facts);
    const price = facts.number(`elasticache/onDemand.valkey.cache.${type}.hour`);
    const lines = [hourlyLine(`cache.${type}`, nodes.shards * (1 + replicas), price)];
    return {
      name: `${formatNumber(nodes.shards * (1 + replicas))} x cache.${type}`,
      monthlyUsd: monthlyCost(lines),
      lines,
      latencyP99Milliseconds: facts.number('elasticache/get.p99.50clients'),
      excuses: [],
      nodes,
    };
  });
}

/**
 * Shards of one type. The shard of the hottest key answers for it and for its part of the others: h + (all - h) / n must be at most what a shard
 * is given. h is taken to be no more than the bound from which on processes keep copies.
 */
function nodesOf(type: string, load: CacheLoad, facts: Facts): CacheNodes {
  const usableBytes = facts.number(`elasticache/cache.${type}.memGiB`) * BILLED_GB * (1 - facts.number('elasticache/reservedMemoryPercent') / 100);
  const network = facts.number(`ec2/network.${type}.baselineGbps`) * 1e9 / BITS_PER_BYTE * facts.number('target/cache.networkUtilization');
  const hottest = Math.min(load.hottestPerSecond, hotKeyBound(facts));
  const byMemory = load.workingSetBytes / usableBytes;
  const byOperations = (load.operationsPerSecond - hottest) / (operationsOfShard(facts) - hottest);
  const byNetwork = load.bytesPerSecond / network;
  return { type: `cache.${type}`, shards: Math.max(1, roundUp(Math.max(byMemory, byOperations, byNetwork))), byMemory, byOperations, byNetwork, usableBytes };
}

/** A serverless cache: it bills entries and commands, and doubles quickly; what the peak has more than that must be kept ready, and is billed. */
export function serverlessOption(workload: Workload, load: CacheLoad, facts: Facts): CacheOption {
  const averageUnits = load.unitsPerSecond * workload.average.perSecond / workload.peak.perSecond;
  const ready = load.unitsPerSecond / facts.number('elasticache/serverless.instantFactor');
  const floor = facts.number('elasticache/serverless.minBilledGB.valkey');
  const gigabytes = (bytes: number): number => Math.max(floor, bytes / BILLED_GB);
  const perUnit = facts.number('elasticache/serverless.valkey.ecpuMillion') / 1e6;
  const units = usageLine('ECPU', { typical: Math.max(averageUnits, ready), high: load.unitsPerSecond }, perUnit);
  const lines = [
    hourlyLine('GB', { low: floor, typical: gigabytes(load.averageWorkingSetBytes), high: gigabytes(load.workingSetBytes) },
      facts.number('elasticache/serverless.valkey.gbHour')),
    { ...units, monthlyUsd: { ...units.monthlyUsd, low: usageLine('ECPU', { typical: ready, high: ready }, perUnit).monthlyUsd.typical } },
  ];
  return {
    name: 'serverless',
    monthlyUsd: monthlyCost(lines),
    lines,
    latencyP99Milliseconds: facts.number('elasticache/get.p99.50clients')
      + facts.number('elasticache/serverless.get.p50.default') - facts.number('elasticache/get.p50.50clients'),
    excuses: serverlessExcuses(load, facts),
  };
}

function serverlessExcuses(load: CacheLoad, facts: Facts): string[] {
  const bounds = [
    { used: hottestKeyOperations(load, facts), most: facts.number('elasticache/serverless.ecpuPerSlot'), what: 'ECPU/s for the hottest key' },
    { used: load.workingSetBytes / BILLED_GB, most: facts.number('elasticache/serverless.maxGB'), what: 'GB' },
    { used: load.unitsPerSecond, most: facts.number('elasticache/serverless.maxEcpu'), what: 'ECPU/s' },
  ];
  return bounds.filter((it) => it.used > it.most).map((it) => `${formatNumber(it.used)} ${it.what}, at most ${formatNumber(it.most)}`);
}
