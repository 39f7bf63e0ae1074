import type { TopologyResource } from '../../../topology';
import type { CheckContext } from '../../check-context';
import type { Finding, Rule } from '../../rule';
import { metricAlarms } from '../../views/alarms';
import { textOf } from '../../views/values';

export const noAction: Rule = {
  id: 'HT-ALARM-003',
  severity: 'warning',
  what: 'An alarm calls nobody.',
  why: 'It turns red in a console that nobody looks at, and customers report the outage first.',
  fix: 'Give it an alarm action, for example an SNS topic of those on call, or make it part of a composite alarm that has one.',
  source: 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-actions.html',
  *check(context): Iterable<Finding> {
    for (const { resource, actions } of metricAlarms(context)) {
      if (actions.length === 0 && !context.once(namesInUse).some((text) => names(text, resource))) {
        yield { resource, property: 'Properties.AlarmActions', message: 'nothing is called, and no other resource names it' };
      }
    }
  },
};

/** Texts of resources that act on alarms of others: composite alarms, deployments, experiments. A dashboard only shows them. */
function namesInUse({ topology }: CheckContext): readonly string[] {
  return topology.resources
    .filter(({ type }) => type !== 'AWS::CloudWatch::Alarm' && type !== 'AWS::CloudWatch::Dashboard')
    .map(({ properties }) => JSON.stringify(properties))
    .filter((text) => /alarm/i.test(text));
}

function names(text: string, alarm: TopologyResource): boolean {
  return [alarm.physicalName, alarm.arn, textOf(alarm.properties.AlarmName)].some((name) => name !== undefined && text.includes(name));
}
