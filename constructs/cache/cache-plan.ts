import type { Facts } from '../../lib/facts';
import type { ValkeySizing } from '../../lib/sizing';
import { DEFAULTS } from '../defaults';
import { LIMITS } from '../limits';
import type { Overrides } from '../sizing-metadata';
import { type CacheDeployment, CacheDurability } from './cache-deployment';
import type { CacheTierProps } from './cache-tier-props';

/** Size of a cache of nodes. */
export interface NodePlan {
  readonly nodeType: string;
  readonly shards: number;
  readonly replicasPerShard: number;
}

/** Size of a serverless cache. */
export interface ServerlessPlan {
  readonly maximumGigabytes: number;
  readonly maximumUnitsPerSecond: number;
  /** None where less would be ready than can be asked for. */
  readonly readyUnitsPerSecond?: number;
}

/** What is built: the sizing, with what was stated in its place. */
export interface CachePlan {
  /** One of the two is there. */
  readonly nodes?: NodePlan;
  readonly serverless?: ServerlessPlan;
  readonly overrides: Overrides;
}

/** As AWS counts them. */
const GIGABYTE = 1000 * 1000 * 1000;

/**
 * @throws Error for durability that the deployment or the node type has not, a node type that was not sized and has no stated number of shards, or
 *   more nodes than one cluster holds
 */
export function planCache(props: CacheTierProps, sizing: ValkeySizing, facts: Facts): CachePlan {
  const durable = (props.durability ?? CacheDurability.NONE) !== CacheDurability.NONE;
  const { deployment } = props;
  if (durable && deployment?.kind === 'serverless') {
    throw new Error(`\`durability\` must be NONE for a serverless cache, which has none, got: ${props.durability}`);
  }
  const kind = deployment?.kind ?? (durable ? 'nodes' : sizing.deployment);
  return kind === 'nodes' ? planNodes(props, sizing, facts, durable) : planServerless(deployment, sizing);
}

function planNodes(props: CacheTierProps, sizing: ValkeySizing, facts: Facts, durable: boolean): CachePlan {
  const stated = props.deployment?.nodesProps ?? {};
  // The options stand in the order of their memory; of nodes of a kind the cheapest is taken.
  const options = sizing.options.filter((option) => option.nodes !== undefined);
  const option = stated.nodeType === undefined
    ? options.reduce((best, it) => (it.monthlyUsd.typical < best.monthlyUsd.typical ? it : best))
    : options.find((it) => it.nodes?.type === stated.nodeType);
  const shards = stated.shards ?? option?.nodes?.shards;
  if (shards === undefined) {
    throw new Error(`\`shards\` must be stated for ${stated.nodeType}, which is not sized (${options.map((it) => it.nodes?.type).join(', ')} are), got: none`);
  }
  const tierReplicas = facts.number(`target/cache.replicas.${props.workload.recoveryTier.name}`);
  const replicasPerShard = stated.replicasPerShard ?? (durable ? Math.max(1, tierReplicas) : tierReplicas);
  const nodeType = stated.nodeType ?? option!.nodes!.type;
  requireNodes(shards * (1 + replicasPerShard));
  if (durable) {
    requireDurable(nodeType, replicasPerShard, facts);
  }
  const plan = { nodeType, shards, replicasPerShard };
  return {
    nodes: plan,
    overrides: {
      deployment: differing(sizing.deployment, 'nodes'),
      nodeType: differing(sizing.nodeType, nodeType),
      shards: differing(sizing.shards, shards),
      replicasPerShard: differing(sizing.replicasPerShard, replicasPerShard),
    },
  };
}

function planServerless(deployment: CacheDeployment | undefined, sizing: ValkeySizing): CachePlan {
  const stated = deployment?.serverlessProps ?? {};
  const { leastUnits, mostGigabytes, mostUnits } = LIMITS.cache;
  const { bytesHeadroom, unitsHeadroom } = DEFAULTS.cache;
  const units = sizing.requestUnitsPerSecond;
  // It doubles quickly, and no more than that.
  const half = Math.ceil(units / unitsHeadroom);
  return {
    serverless: {
      maximumGigabytes: stated.maximumGigabytes ?? Math.min(mostGigabytes, Math.max(1, Math.ceil(bytesHeadroom * sizing.workingSetBytes / GIGABYTE))),
      maximumUnitsPerSecond: stated.maximumUnitsPerSecond ?? Math.min(mostUnits, Math.max(leastUnits, unitsHeadroom * units)),
      readyUnitsPerSecond: stated.readyUnitsPerSecond ?? (half < leastUnits ? undefined : half),
    },
    overrides: {
      deployment: differing(sizing.deployment, 'serverless'),
      nodeType: differing(sizing.nodeType, 'serverless'),
      shards: differing(sizing.shards, 0),
      replicasPerShard: differing(sizing.replicasPerShard, 0),
    },
  };
}

function requireNodes(nodes: number): void {
  if (nodes > LIMITS.cache.nodes) {
    throw new Error(`\`shards\` x (1 + \`replicasPerShard\`) must be at most ${LIMITS.cache.nodes} nodes, what one cluster holds, got: ${nodes}; `
      + 'take larger nodes, or several caches with a share of the workload each');
  }
}

function requireDurable(nodeType: string, replicas: number, facts: Facts): void {
  const families = String(facts.get('elasticache/durable.families').value).split(',');
  if (!families.includes(nodeType.split('.')[1])) {
    throw new Error(`\`nodeType\` must be of one of the families ${families.join(', ')} to be durable, got: ${nodeType}`);
  }
  if (replicas < 1) {
    throw new Error(`\`replicasPerShard\` must be at least 1 for a durable cache, got: ${replicas}`);
  }
}

/** A value, where it is not the derived one. */
function differing<T extends string | number>(derived: T, value: T): T | undefined {
  return derived === value ? undefined : value;
}
