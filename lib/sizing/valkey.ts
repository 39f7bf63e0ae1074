import { Facts } from '../facts';
import { Workload } from '../workload';
import { roundUp } from './arithmetic';
import { Decision, quotaUse } from './decision';
import { formatBytes, formatNumber, formatShare } from './format';
import { costDecision, dollars, HOURS_PER_MONTH, MonthlyUsd } from './monthly-cost';
import { planned } from './planned';
import { cheapest, losers } from './sizing-option';
import { coldDecision, connectionsDecision, evictionDecision, latencyDecision, localCopyDecision } from './valkey-clients';
import { CACHE_LOAD_FACTS, CacheLoad, cacheLoad } from './valkey-load';
import { CacheNodes, CacheOption, hotKeyBound, NODE_TYPE_FACTS, nodeOptions, operationsOfShard, OPTION_FACTS, serverlessOption } from './valkey-options';

/** Size of the cache of merchants, payers and rules. */
export interface ValkeySizing {
  readonly deployment: 'nodes' | 'serverless';
  /** All ways to run it, with what they cost. */
  readonly options: readonly CacheOption[];
  /** E.g. `cache.r7g.large`; `serverless` without nodes. */
  readonly nodeType: string;
  /** Shards, in cluster mode, over all clusters; 0 where serverless. */
  readonly shards: number;
  readonly replicasPerShard: number;
  /** Clusters that the shards are spread over; one holds a limited number of nodes. */
  readonly clusters: number;
  readonly workingSetBytes: number;
  /** Commands per second at the peak. */
  readonly operationsPerSecond: number;
  /** Units that a serverless cache bills per second at the peak. */
  readonly requestUnitsPerSecond: number;
  /** Seconds that a process keeps its own copy of an entry; 0 where no key is too hot. */
  readonly localCopySeconds: number;
  readonly connectionsPerNode: number;
  /** Read units per second that the store must take when the cache is lost at the peak. */
  readonly coldReadUnits: number;
  readonly monthlyUsd: MonthlyUsd;
  readonly latencyP99Milliseconds: number;
  /** Why options do not fit, one sentence each. */
  readonly excuses: readonly string[];
  readonly decisions: readonly Decision[];
}

const PATH = 'cache';
const NODES_OF_CLUSTER = 'elasticache/nodes.perCluster';
const MOST_NODES = 'elasticache/cluster.maxNodes';
const MOST_REPLICAS = 'elasticache/shard.maxReplicas';

/** Sizes the cache. Give it the whole workload: all cells share it. */
export function sizeValkey(workload: Workload, facts: Facts = Facts.DEFAULT): ValkeySizing {
  return planned(workload, facts, (it) => sizeOnce(it, facts), (sizing) => [
    { amount: sizing.monthlyUsd.typical / HOURS_PER_MONTH, unitCost: 1, facts: OPTION_FACTS },
  ]);
}

function sizeOnce(workload: Workload, facts: Facts): ValkeySizing {
  const load = cacheLoad(workload, facts);
  const replicas = facts.number(`target/cache.replicas.${workload.recoveryTier.name}`);
  const ofNodes = nodeOptions(load, replicas, facts);
  const options = [...ofNodes, serverlessOption(workload, load, facts)];
  // Nodes always fit: there is no bound on the number of clusters.
  const chosen = cheapest(options)!;
  const { nodes } = chosen;
  const count = (nodes?.shards ?? 0) * (1 + replicas);
  const clusters = clustersDecision(count, facts);
  const localCopy = localCopyDecision(PATH, workload, load, facts);
  const connections = connectionsDecision(PATH, load, facts);
  const cold = coldDecision(PATH, workload, load, facts);
  const latency = latencyDecision(PATH, chosen, facts);
  return {
    deployment: nodes === undefined ? 'serverless' : 'nodes',
    options,
    nodeType: nodes?.type ?? 'serverless',
    shards: nodes?.shards ?? 0,
    replicasPerShard: nodes === undefined ? 0 : replicas,
    clusters: clusters.value as number,
    workingSetBytes: load.workingSetBytes,
    operationsPerSecond: roundUp(load.operationsPerSecond),
    requestUnitsPerSecond: roundUp(load.unitsPerSecond),
    localCopySeconds: localCopy.value as number,
    connectionsPerNode: connections.value as number,
    coldReadUnits: cold.value as number,
    monthlyUsd: chosen.monthlyUsd,
    latencyP99Milliseconds: latency.value as number,
    excuses: [
      ...options.flatMap((it) => it.excuses.map((excuse) => `${it.name}: ${excuse}`)),
      ...(localCopy.value === 0 ? [] : localCopy.rejected.map((it) => `${it.option}: ${it.because}`)),
    ],
    decisions: [
      deploymentDecision(options, chosen, load), workingSetDecision(workload, load, facts), operationsDecision(workload, load, facts),
      nodeTypeDecision(nodes, ofNodes), shardsDecision(nodes, load, facts), replicasDecision(workload, nodes, replicas, facts),
      clusters, localCopy, connections, evictionDecision(PATH, load, facts), cold, latency,
      costDecision({ path: PATH, lines: chosen.lines, rejected: losers(options, chosen), facts: [...CACHE_LOAD_FACTS, ...OPTION_FACTS] }),
    ],
  };
}

function deploymentDecision(options: readonly CacheOption[], chosen: CacheOption, load: CacheLoad): Decision {
  return Decision.derive({
    path: PATH,
    name: 'deployment',
    value: chosen.nodes === undefined ? 'serverless' : 'nodes',
    formula: `${options.map((it) => `${it.name} ${dollars(it.monthlyUsd.typical)}`).join(', ')}: ${chosen.name}`,
    inputs: { workingSetBytes: load.workingSetBytes, operationsPerSecond: load.operationsPerSecond },
    binding: 'price of a month among those that fit',
    rejected: losers(options, chosen),
    facts: [...CACHE_LOAD_FACTS, ...OPTION_FACTS],
  });
}

function workingSetDecision(workload: Workload, load: CacheLoad, facts: Facts): Decision {
  const overhead = facts.number('valkey/overheadPerEntry');
  const size = (kind: string): number => facts.number(`target/cache.${kind}Bytes`) + overhead;
  const rules = facts.number('target/cache.rules');
  return Decision.derive({
    path: PATH,
    name: 'workingSetBytes',
    value: load.workingSetBytes,
    unit: 'B',
    formula: `${formatNumber(workload.keySkew.keys)} merchants x ${size('merchant')} B + ${formatNumber(load.payers)} payers x ${size('payer')} B `
      + `+ ${formatNumber(rules)} rules x ${size('rule')} B = ${formatNumber(load.workingSetBytes)}`,
    inputs: { merchants: workload.keySkew.keys, payers: load.payers, rules, overheadBytes: overhead },
    binding: load.payers * size('payer') >= load.workingSetBytes / 2 ? 'payers of the life of an entry' : 'merchants and rules',
    rejected: [{
      option: 'keep payers for a day',
      because: `${formatBytes(load.payers / facts.number('target/cache.payerSeconds') * 86_400 * size('payer'))} of payers`,
    }],
    facts: CACHE_LOAD_FACTS,
  });
}

function operationsDecision(workload: Workload, load: CacheLoad, facts: Facts): Decision {
  const requests = facts.number('target/cache.requestsPerPayment');
  const unknown = facts.number('target/cache.payersPerPayment');
  const value = roundUp(load.operationsPerSecond);
  return Decision.derive({
    path: PATH,
    name: 'operationsPerSecond',
    value,
    unit: 'commands/s',
    formula: `${formatNumber(workload.peak.perSecond)} payments/s x (${requests} reads + ${unknown} fills) = ${formatNumber(value)}`,
    inputs: { paymentsPerSecond: workload.peak.perSecond, requestsPerPayment: requests, fillsPerPayment: unknown },
    binding: 'one read each for merchant, payer and rule',
    facts: CACHE_LOAD_FACTS,
  });
}

function nodeTypeDecision(nodes: CacheNodes | undefined, ofNodes: readonly CacheOption[]): Decision {
  const best = cheapest(ofNodes)!;
  return Decision.derive({
    path: PATH,
    name: 'nodeType',
    value: nodes?.type ?? 'serverless',
    formula: nodes === undefined ? `serverless; of nodes ${best.name} would be the cheapest` : `cheapest of ${ofNodes.map((it) => it.name).join(', ')}: ${nodes.type}`,
    inputs: Object.fromEntries(ofNodes.map((it) => [it.name, it.monthlyUsd.typical])),
    binding: nodes === undefined ? 'a serverless cache has no nodes' : boundOf(nodes),
    rejected: nodes === undefined ? [] : losers(ofNodes, ofNodes.find((it) => it.nodes === nodes)!),
    facts: [...CACHE_LOAD_FACTS, ...NODE_TYPE_FACTS],
  });
}

function shardsDecision(nodes: CacheNodes | undefined, load: CacheLoad, facts: Facts): Decision {
  const each = operationsOfShard(facts);
  const hottest = Math.min(load.hottestPerSecond, hotKeyBound(facts));
  return Decision.derive({
    path: PATH,
    name: 'shards',
    value: nodes?.shards ?? 0,
    unit: 'shards',
    formula: nodes === undefined ? 'serverless shards come and go by themselves = 0'
    : `max(1, ceil(max(${formatBytes(load.workingSetBytes)} / ${formatBytes(nodes.usableBytes)}, `
      + `(${formatNumber(load.operationsPerSecond)} - ${formatNumber(hottest)}) / (${formatNumber(each)} - ${formatNumber(hottest)}), `
      + `network ${formatNumber(nodes.byNetwork)}))) = ${formatNumber(nodes.shards)}`,
    inputs: {
      operationsPerSecond: load.operationsPerSecond,
      operationsOfShard: each,
      hottestKeyPerSecond: hottest,
      workingSetBytes: load.workingSetBytes,
    },
    binding: nodes === undefined ? 'a serverless cache has no shards to size' : boundOf(nodes),
    rejected: nodes === undefined ? [] : [{
      option: 'larger nodes instead of more',
      because: `commands run on one thread: ${formatNumber(facts.number('elasticache/node.singleThread.rps'))}/s whatever the node`,
    }],
    demand: nodes === undefined ? undefined : Math.max(nodes.byMemory, nodes.byOperations, nodes.byNetwork),
    facts: [...CACHE_LOAD_FACTS, ...OPTION_FACTS],
  });
}

function boundOf(nodes: CacheNodes): string {
  const most = Math.max(nodes.byMemory, nodes.byOperations, nodes.byNetwork);
  if (most <= 1) {
    return 'one shard takes it';
  }
  return most === nodes.byMemory ? 'memory less what the engine reserves' : most === nodes.byOperations ? 'commands that one thread runs' : 'network of a node';
}

function replicasDecision(workload: Workload, nodes: CacheNodes | undefined, replicas: number, facts: Facts): Decision {
  const tier = workload.recoveryTier.name;
  const zones = facts.number('target/fargate.availabilityZones');
  const value = nodes === undefined ? 0 : replicas;
  return Decision.derive({
    path: PATH,
    name: 'replicasPerShard',
    value,
    unit: 'replicas',
    formula: nodes === undefined ? `serverless keeps copies in ${zones} zones by itself = 0` : `${replicas} of recovery tier ${tier}, over ${zones} zones = ${value}`,
    inputs: { recoveryTier: tier, zones },
    binding: nodes === undefined ? 'copies in other zones are part of a serverless cache' : `recovery tier ${tier}`,
    rejected: replicas === 0 || nodes === undefined ? [] : [{
      option: 'no replica',
      because: `a lost node empties ${formatShare(1 / nodes.shards)} of the cache, and the store takes its reads`,
    }],
    limits: { minimum: 0, maximum: facts.number(MOST_REPLICAS), because: 'replicas of a shard' },
    facts: [`target/cache.replicas.${tier}`, 'target/fargate.availabilityZones', MOST_REPLICAS],
  });
}

function clustersDecision(nodes: number, facts: Facts): Decision {
  const most = facts.number(MOST_NODES);
  const value = Math.max(1, roundUp(nodes / most));
  return Decision.derive({
    path: PATH,
    name: 'clusters',
    value,
    unit: 'clusters',
    formula: `max(1, ceil(${formatNumber(nodes)} nodes / ${formatNumber(most)})) = ${formatNumber(value)}`,
    inputs: { nodes },
    binding: value === 1 ? 'one cluster takes it' : 'nodes of a cluster; merchants and payers are hashed to clusters',
    demand: nodes / most,
    quota: quotaUse(facts, NODES_OF_CLUSTER, nodes / value),
    limits: { minimum: 1, because: 'a cache has a cluster' },
    facts: [MOST_NODES, NODES_OF_CLUSTER],
  });
}
