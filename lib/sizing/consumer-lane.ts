import { Facts } from '../facts';
import { Workload } from '../workload';
import { roundDown } from './arithmetic';
import { meanOfLognormal } from './worker-lane';

export interface ConsumerLaneProps {
  /** Share of a vCPU that the lane has; more than 1 is of no use to one thread. */
  readonly vcpus: number;
  /** 99th percentile from the request to the consumer. */
  readonly deliveryMilliseconds: number;
  /** 99th percentile of what a batch costs beside its payments, e.g. the call of a function. */
  readonly overheadMilliseconds: number;
  /**
   * CPU of the worker over the measured one.
   *
   * @default 1
   */
  readonly cpuFactor?: number;
}

/** What one thread settles that takes batch after batch from one partition. */
export interface ConsumerLane {
  /** Payments of the largest batch that keeps the settle target. */
  readonly paymentsPerBatch: number;
  /** 99th percentile of the time of that batch. */
  readonly milliseconds: number;
  /** Payments per second in the mean. */
  readonly paymentsPerSecond: number;
  /** Time for a batch that the settle target leaves; negative where the delivery alone takes longer. */
  readonly budgetMilliseconds: number;
}

/** The lane of a consumer with the measured cost of a payment, wherever it runs. */
export function consumerLane(workload: Workload, facts: Facts, props: ConsumerLaneProps): ConsumerLane {
  const left = workload.latencyTarget.settle.milliseconds - props.deliveryMilliseconds;
  const budgetMilliseconds = Math.min(
    left * facts.number('target/worker.lanesShareOfBudget'),
    1000 * facts.number('target/worker.maximumInvocationSeconds'),
  );
  const cpuMilliseconds = cpuSecondsPerPayment(facts) * 1000 * (props.cpuFactor ?? 1) / Math.min(1, props.vcpus);
  const inFlight = paymentsInFlight(facts);
  const call99 = facts.number('dynamodb/batchStatement25.p99.default');
  const slow = cpuMilliseconds + call99 / inFlight;
  const usual = cpuMilliseconds + meanCallMilliseconds(facts) / inFlight;
  const paymentsPerBatch = Math.max(1, roundDown((budgetMilliseconds - props.overheadMilliseconds) / slow));
  return {
    paymentsPerBatch,
    milliseconds: props.overheadMilliseconds + paymentsPerBatch * slow,
    paymentsPerSecond: 1000 * paymentsPerBatch / (props.overheadMilliseconds + paymentsPerBatch * usual),
    budgetMilliseconds,
  };
}

/** Measured CPU of one payment in the worker, in seconds. */
export function cpuSecondsPerPayment(facts: Facts): number {
  return facts.number('payment-worker/cpuPerPayment') / 1e6;
}

/** Payments whose writes are in flight at a time. */
export function paymentsInFlight(facts: Facts): number {
  return facts.number('dynamodb/batchStatement.maxStatements') * facts.number('target/worker.callsInFlight');
}

/** Mean time of one bulk write. */
export function meanCallMilliseconds(facts: Facts): number {
  return meanOfLognormal(facts.number('dynamodb/batchStatement25.p50.default'), facts.number('dynamodb/batchStatement25.p99.default'));
}

/**
 * Time from the request to the ledger when the lane is free: the sum of the percentiles of each step, which is more than the percentile of the sum.
 *
 * @param overheadMilliseconds what the consumer costs beside the write, e.g. the call of a function
 * @param percentile above 50 the 99th is taken
 */
export function freeLaneSettleMilliseconds(
  facts: Facts, deliveryMilliseconds: number, overheadMilliseconds: number, percentile: number = 99,
): number {
  return deliveryMilliseconds + overheadMilliseconds + facts.number(`dynamodb/batchStatement25.${knownPercentile(percentile)}.default`);
}

/** The percentile of the latency facts that stands for one that is asked for. */
export function knownPercentile(percentile: number): 'p50' | 'p99' {
  return percentile <= 50 ? 'p50' : 'p99';
}
