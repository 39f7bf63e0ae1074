import { Facts } from '../facts';
import { Workload } from '../workload';
import { clamp, roundUp } from './arithmetic';

export const REFUND_ATTEMPT_FACTS: readonly string[] = [
  'target/refund.earlyShare', 'target/refund.unknownShare', 'target/refund.delaySettleFactor', 'sqs/delay.maxSec',
];

/** Seconds after which a refund that came before its payment is tried again: a payment under way has settled by then. */
export function refundDelaySeconds(workload: Workload, facts: Facts): number {
  const factor = facts.number('target/refund.delaySettleFactor');
  return clamp(roundUp(factor * workload.latencyTarget.settle.milliseconds / 1000), 1, facts.number('sqs/delay.maxSec'));
}

/** Attempts by the delay queue of a refund whose payment never comes: one after each delay, until the refund wait is over. */
export function attemptsUntilRejected(workload: Workload, facts: Facts): number {
  return roundUp(workload.refundWait.toSeconds() / refundDelaySeconds(workload, facts));
}

/** Attempts by the delay queue for each refund, in the mean. */
export function queuedAttempts(workload: Workload, facts: Facts): number {
  return facts.number('target/refund.earlyShare') + facts.number('target/refund.unknownShare') * attemptsUntilRejected(workload, facts);
}

/** Attempts for each refund in the mean, the first one by the stream worker included. */
export function refundAttempts(workload: Workload, facts: Facts): number {
  return 1 + queuedAttempts(workload, facts);
}
