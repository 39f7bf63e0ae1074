import type { TopologyResource } from '../../../topology';
import type { CheckContext } from '../../check-context';
import type { Finding, Rule } from '../../rule';
import { numberOf, objectOf } from '../../views/values';

export const logRetention: Rule = {
  id: 'HT-SECURITY-004',
  severity: 'warning',
  what: 'Logs are kept for ever.',
  why: 'At thousands of events a second they become the largest bill, and data of people that should be gone stay in them.',
  fix: 'Set RetentionInDays. Give a function a log group of the app (LoggingConfig.LogGroup): the one that Lambda makes by itself never expires.',
  source: 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html',
  *check(context): Iterable<Finding> {
    for (const resource of context.topology.ofType('AWS::Logs::LogGroup')) {
      if (numberOf(resource.properties.RetentionInDays) === undefined) {
        yield { resource, property: 'Properties.RetentionInDays', message: 'the log group has no retention' };
      }
    }
    for (const resource of context.topology.ofType('AWS::Lambda::Function')) {
      if (objectOf(resource.properties.LoggingConfig).LogGroup === undefined && !isMadeByCdk(resource) && !hasGroup(context, resource)) {
        yield { resource, property: 'Properties.LoggingConfig', message: 'Lambda makes its log group, without a retention' };
      }
    }
  },
};

/** Handlers of custom resources run at a deployment only. */
function isMadeByCdk({ constructPath, logicalId }: TopologyResource): boolean {
  return /CustomResourceProvider|framework-on|LogRetention|BucketNotificationsHandler|Custom(VpcRestrictDefault|S3AutoDelete)|AWS[0-9a-f]{32}/i.test(constructPath + logicalId);
}

/** Whether a log group of the app, or a retention set by the CDK, has the name that Lambda logs under. */
function hasGroup({ topology }: CheckContext, fn: TopologyResource): boolean {
  return topology.ofType('AWS::Logs::LogGroup', 'Custom::LogRetention').some((it) => it.properties.LogGroupName === `/aws/lambda/${fn.physicalName}`);
}
