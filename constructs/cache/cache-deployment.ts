import { LIMITS } from '../limits';
import { requireIntegerBetween, requirePattern } from '../validation';

/** Durability of what is written to a cache of nodes. */
export enum CacheDurability {
  /** None: what a failed node had not replicated is gone. Right for what the tables hold anyway. */
  NONE = 'disabled',
  /** Written to a log in several zones after the answer: at most 10 seconds are lost, and writing is as fast as without. */
  ASYNCHRONOUS = 'async',
  /** Written to a log in several zones before the answer: nothing that was answered is lost, and a write takes milliseconds. */
  SYNCHRONOUS = 'sync',
}

/** Properties of `CacheDeployment.nodes`. What is left out follows from the workload. */
export interface CacheNodesProps {
  /**
   * Type of every node, for example `cache.r7g.large`.
   *
   * @default - the cheapest that carries the workload
   */
  readonly nodeType?: string;

  /**
   * Number of shards, 1 to 500.
   *
   * @default - derived from the workload
   */
  readonly shards?: number;

  /**
   * Replicas of each shard, 0 to 5.
   *
   * @default - by the recovery tier of the workload
   */
  readonly replicasPerShard?: number;
}

/** Properties of `CacheDeployment.serverless`. What is left out follows from the workload. */
export interface ServerlessCacheProps {
  /**
   * Gigabytes that the cache may grow to, 1 to 5000. Beyond it the cache drops what was not read for longest.
   *
   * @default - twice the entries at the peak
   */
  readonly maximumGigabytes?: number;

  /**
   * Request units (ECPU) per second that the cache may take, 1000 to 15 million. Beyond it commands are throttled.
   *
   * @default - twice the units at the peak
   */
  readonly maximumUnitsPerSecond?: number;

  /**
   * Request units per second that are kept ready, and billed, 1000 or more: a serverless cache doubles within minutes and no faster.
   *
   * @default - half of the units at the peak; none where that is less than can be asked for
   */
  readonly readyUnitsPerSecond?: number;
}

/** How a cache is run: on nodes of a size, in cluster mode, or serverless. */
export class CacheDeployment {
  /**
   * On nodes, in cluster mode.
   *
   * @throws Error when a number or a name is outside of what ElastiCache takes.
   */
  static nodes(props: CacheNodesProps = {}): CacheDeployment {
    requirePattern('nodeType', props.nodeType, /^cache\.[a-z0-9]+\.[a-z0-9]+$/, 'a node type such as cache.r7g.large');
    requireIntegerBetween('shards', props.shards, 1, LIMITS.cache.nodes);
    requireIntegerBetween('replicasPerShard', props.replicasPerShard, 0, LIMITS.cache.replicas);
    return new CacheDeployment('nodes', props, {});
  }

  /**
   * Serverless: nothing to size or to patch. It listens on ports 6379 and 6380, has no slow log and no durability.
   *
   * @throws Error when a number is outside of what ElastiCache takes.
   */
  static serverless(props: ServerlessCacheProps = {}): CacheDeployment {
    const { leastUnits, mostGigabytes, mostUnits } = LIMITS.cache;
    requireIntegerBetween('maximumGigabytes', props.maximumGigabytes, 1, mostGigabytes);
    requireIntegerBetween('maximumUnitsPerSecond', props.maximumUnitsPerSecond, leastUnits, mostUnits);
    requireIntegerBetween('readyUnitsPerSecond', props.readyUnitsPerSecond, leastUnits, props.maximumUnitsPerSecond ?? mostUnits);
    return new CacheDeployment('serverless', {}, props);
  }

  private constructor(
    /** Which of the two it is. */
    readonly kind: 'nodes' | 'serverless',
    /** What was stated of nodes. */
    readonly nodesProps: CacheNodesProps,
    /** What was stated of a serverless cache. */
    readonly serverlessProps: ServerlessCacheProps,
  ) {}
}
