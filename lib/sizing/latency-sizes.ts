import { Facts } from '../facts';
import { Workload } from '../workload';
import { Decision } from './decision';
import { sizeKinesisStream } from './kinesis-stream';
import { sizeStatelessTier } from './stateless-tier';
import { sizeStreamWorker } from './stream-worker';

/** The sizes of one cell that times depend on. */
export interface LatencySizes {
  /** Tasks of the API at the peak. */
  readonly tasks: number;
  readonly vcpus: number;
  readonly lingerMilliseconds: number;
  readonly paymentsPerRecord: number;
  /** Payments of mean size that fill a record. */
  readonly paymentsOfFullRecord: number;
  readonly shards: number;
  readonly enhancedFanOut: boolean;
  readonly workerMemoryMiB: number;
  /** Records of an invocation at most. */
  readonly batchSize: number;
  readonly windowSeconds: number;
}

const CPU_UNITS_PER_VCPU = 1024;
/** Decisions that every stream of payments has. */
const STREAM = ['shards', 'enhancedFanOut', 'aggregationLinger', 'paymentsPerRecord'];

/** The decisions of a cell as the sizing functions take them. */
export function cellDecisions(cell: Workload, facts: Facts): Decision[] {
  const stream = sizeKinesisStream(cell, facts);
  return [stream, sizeStreamWorker(cell, stream, facts), sizeStatelessTier(cell, facts)].flatMap((it) => it.decisions);
}

/**
 * Finds those sizes among the decisions of a plan, overrides included. Of several cells the first counts: they are sized for the same share.
 *
 * @throws Error when there is no stream, no worker of a stream, or no tier among them
 */
export function latencySizes(decisions: readonly Decision[]): LatencySizes {
  const stream = part(decisions, 'a stream', STREAM);
  const worker = part(decisions, 'a worker of a stream', ['maximumRecordAge', 'batchSize', 'batchingWindow', 'memory']);
  const tier = part(decisions, 'a tier of tasks', ['maximumTasks', 'cpu']);
  const number = (own: readonly Decision[], name: string): number => Decision.find(own, name).value as number;
  return {
    tasks: number(tier, 'maximumTasks'),
    vcpus: number(tier, 'cpu') / CPU_UNITS_PER_VCPU,
    lingerMilliseconds: number(stream, 'aggregationLinger'),
    paymentsPerRecord: number(stream, 'paymentsPerRecord'),
    paymentsOfFullRecord: Decision.find(stream, 'paymentsPerRecord').inputs.paymentsOfFullRecord as number,
    shards: number(stream, 'shards'),
    enhancedFanOut: Decision.find(stream, 'enhancedFanOut').value === true,
    workerMemoryMiB: number(worker, 'memory'),
    batchSize: number(worker, 'batchSize'),
    windowSeconds: number(worker, 'batchingWindow'),
  };
}

/** Path of the stream whose sizes `latencySizes` takes; nothing where there is none. */
export function latencyStreamPath(decisions: readonly Decision[]): string | undefined {
  return pathWith(decisions, STREAM);
}

/** The first path that has a decision of each of the names. */
function pathWith(decisions: readonly Decision[], names: readonly string[]): string | undefined {
  const paths = [...new Set(decisions.map((it) => it.path))];
  return paths.find((path) => names.every((name) => decisions.some((it) => it.path === path && it.name === name)));
}

function part(decisions: readonly Decision[], what: string, names: readonly string[]): Decision[] {
  const path = pathWith(decisions, names);
  if (path !== undefined) {
    return decisions.filter((it) => it.path === path);
  }
  throw new Error(`the plan has no decisions of ${what} (${names.join(', ')}), so that no latency can be predicted from it`);
}
