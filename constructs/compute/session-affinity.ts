import { Duration, Validations } from 'aws-cdk-lib';
import type * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { LIMITS } from '../limits';
import { requireDurationBetween } from '../validation';

/** Keeping a client on one task, with the reason why that is worth it. */
export interface SessionAffinity {
  /** Why a request cannot go to any task. It stands in the template as the acknowledgement of rule HT-EDGE-009. */
  readonly reason: string;

  /** How long a client stays with its task, 1 second to 7 days. */
  readonly duration: Duration;
}

/** @throws Error for an affinity without a reason, or for a time that no load balancer takes. */
export function requireAffinity(affinity: SessionAffinity | undefined): void {
  if (affinity !== undefined && affinity.reason.trim() === '') {
    throw new Error('`affinity.reason` must say why a request cannot go to any task, got: nothing');
  }
  requireDurationBetween('affinity.duration', affinity?.duration, Duration.seconds(1), LIMITS.stickiness);
}

/** Keeps clients of a target group on one task, and writes the reason beside it. */
export function keepClients(targetGroup: elbv2.ApplicationTargetGroup, { duration, reason }: SessionAffinity): void {
  targetGroup.enableCookieStickiness(duration);
  Validations.of(targetGroup).acknowledge({ id: 'HighThroughput::HT-EDGE-009', reason });
}
