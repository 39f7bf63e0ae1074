import type { Finding, Rule } from '../../rule';
import { metricAlarms } from '../../views/alarms';
import { namingDimensions } from '../../views/dimensions';
import { intendedMetric } from '../../views/known-metrics';

export const unknownMetric: Rule = {
  id: 'HT-ALARM-002',
  severity: 'warning',
  what: 'An alarm looks at a metric that its service does not publish.',
  why: 'CloudWatch accepts the alarm and waits for data that never come: nobody learns of what it was made for.',
  fix: 'Write name, namespace and dimensions as the page of the service lists them.',
  source: 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/aws-services-cloudwatch-metrics.html',
  *check(context): Iterable<Finding> {
    for (const { resource, metrics } of metricAlarms(context)) {
      for (const { namespace, name, dimensions, property } of metrics) {
        const intended = intendedMetric(namespace, name);
        const naming = namingDimensions(namespace);
        const wrong = [...dimensions.keys()].find((it) => naming.some((known) => known !== it && known.toLowerCase() === it.toLowerCase()));
        if (intended !== undefined) {
          yield { resource, property: `${property}.MetricName`, message: `there is no metric ${namespace} ${name}; ${intended} is likely meant` };
        } else if (wrong !== undefined) {
          yield { resource, property: `${property}.Dimensions`, message: `${namespace} has no dimension ${wrong}; ${naming.join(' or ')} is likely meant` };
        }
      }
    }
  },
};
