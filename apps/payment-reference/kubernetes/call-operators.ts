import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { AlarmOptions } from '../../../constructs';
import type { SecurityStack } from '../stacks/security-stack';

/** Alarms of this profile call those who look today; rules of Prometheus in the cluster know what is urgent. */
export function callOperators(security: SecurityStack): AlarmOptions {
  return { actions: [new SnsAction(security.severityTopics.high)] };
}
