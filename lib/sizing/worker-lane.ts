import { Facts } from '../facts';
import { Workload } from '../workload';
import { roundDown } from './arithmetic';
import { deliveryMilliseconds } from './delivery';

/** What one lane of the stream worker does: one invocation at a time, for one shard. */
export interface WorkerLane {
  /** Payments of the largest batch that keeps the settle target. */
  readonly paymentsPerInvocation: number;
  /** 99th percentile of the time of that batch. */
  readonly milliseconds: number;
  /** Payments per second when batch follows batch, in the mean. */
  readonly paymentsPerSecond: number;
  /** Batching window in whole seconds. */
  readonly windowSeconds: number;
  /** Time for one invocation that the settle target leaves. */
  readonly budgetMilliseconds: number;
}

export const LANE_FACTS: readonly string[] = [
  'payment-worker/cpuPerPayment', 'lambda/memory.mbPerVcpu', 'lambda/invokeOverhead.sync.p99.default',
  'dynamodb/batchStatement.maxStatements', 'dynamodb/batchStatement25.p50.default', 'dynamodb/batchStatement25.p99.default',
  'target/worker.callsInFlight', 'target/worker.lanesShareOfBudget', 'target/worker.windowShareOfBudget', 'target/worker.maximumInvocationSeconds',
];

const Z99 = 2.3263478740408408;

/** The lane of a worker with so much memory. */
export function workerLane(workload: Workload, facts: Facts, memoryMiB: number, enhancedFanOut: boolean): WorkerLane {
  const left = workload.latencyTarget.settle.milliseconds - deliveryMilliseconds(workload, facts, enhancedFanOut);
  const windowSeconds = Math.max(0, Math.min(
    roundDown(left / 1000 * facts.number('target/worker.windowShareOfBudget')),
    facts.number('target/worker.maximumWindowSeconds'),
  ));
  const budgetMilliseconds = Math.min(
    (left - 1000 * windowSeconds) * facts.number('target/worker.lanesShareOfBudget'),
    1000 * facts.number('target/worker.maximumInvocationSeconds'),
  );

  const vcpus = Math.min(1, memoryMiB / facts.number('lambda/memory.mbPerVcpu'));
  const cpuMilliseconds = facts.number('payment-worker/cpuPerPayment') / 1000 / vcpus;
  const paymentsInFlight = facts.number('dynamodb/batchStatement.maxStatements') * facts.number('target/worker.callsInFlight');
  const call50 = facts.number('dynamodb/batchStatement25.p50.default');
  const call99 = facts.number('dynamodb/batchStatement25.p99.default');
  const overhead = facts.number('lambda/invokeOverhead.sync.p99.default');

  const slow = cpuMilliseconds + call99 / paymentsInFlight;
  const usual = cpuMilliseconds + meanOfLognormal(call50, call99) / paymentsInFlight;
  const paymentsPerInvocation = Math.max(1, roundDown((budgetMilliseconds - overhead) / slow));
  return {
    paymentsPerInvocation,
    milliseconds: overhead + paymentsPerInvocation * slow,
    paymentsPerSecond: 1000 * paymentsPerInvocation / (overhead + paymentsPerInvocation * usual),
    windowSeconds,
    budgetMilliseconds,
  };
}

/** Mean of a lognormal time from its median and 99th percentile. */
export function meanOfLognormal(p50: number, p99: number): number {
  const sigma = Math.log(p99 / p50) / Z99;
  return p50 * Math.exp(sigma * sigma / 2);
}
