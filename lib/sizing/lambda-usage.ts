import { Facts } from '../facts';
import { cpuSecondsPerPayment, meanCallMilliseconds, paymentsInFlight } from './consumer-lane';
import { CostLine, usageLine } from './monthly-cost';

/** A function that takes payments from lanes, each of which has one invocation at a time. */
export interface LambdaLanes {
  readonly lanes: number;
  readonly memoryMiB: number;
  /** Payments of the largest batch. */
  readonly paymentsPerBatch: number;
  /** Payments of a record; a lane is not called for less than one. */
  readonly paymentsPerRecord: number;
}

/** What a function is billed for in a second. */
export interface LambdaUsage {
  readonly invocations: number;
  readonly gbSeconds: number;
}

const MIB_PER_GB = 1024;

/**
 * Invocations and their time at a rate of payments. A free lane is called for whatever is there, so that batches are small unless lanes are busy: a
 * lane is called for every record, but no more often than one invocation after the other allows. An invocation is billed for its CPU and for the
 * time in which it waits for the ledger.
 */
export function lambdaUsage(facts: Facts, rate: number, props: LambdaLanes): LambdaUsage {
  const callSeconds = meanCallMilliseconds(facts) / 1000;
  const overheadSeconds = facts.number('lambda/invokeOverhead.sync.p50.default') / 1000;
  const vcpus = Math.min(1, props.memoryMiB / facts.number('lambda/memory.mbPerVcpu'));
  const mostOfLanes = props.lanes / (callSeconds + overheadSeconds);
  const invocations = Math.max(rate / props.paymentsPerBatch, Math.min(rate / props.paymentsPerRecord, mostOfLanes));
  const waiting = Math.max(invocations, rate / paymentsInFlight(facts)) * callSeconds;
  const seconds = rate * cpuSecondsPerPayment(facts) / vcpus + waiting;
  return { invocations, gbSeconds: seconds * props.memoryMiB / MIB_PER_GB };
}

/** The bill of a function, at the prices of the first tier: what a larger account is billed less is left out. */
export function lambdaLines(facts: Facts, rates: { readonly average: number; readonly peak: number }, props: LambdaLanes): CostLine[] {
  const [average, peak] = [lambdaUsage(facts, rates.average, props), lambdaUsage(facts, rates.peak, props)];
  return [
    usageLine('invocations', { typical: average.invocations, high: peak.invocations }, facts.number('lambda/request')),
    usageLine('GB-seconds', { typical: average.gbSeconds, high: peak.gbSeconds }, facts.number('lambda/arm.gbSecond.tier1')),
  ];
}
