import type { Finding, Rule } from '../../rule';
import { metricAlarms } from '../../views/alarms';
import { isAmong, nameable } from '../../views/dimensions';

export const unreachedResource: Rule = {
  id: 'HT-ALARM-001',
  severity: 'warning',
  what: 'The dimensions of an alarm name no resource of the app.',
  why: 'CloudWatch takes any text for a dimension. An alarm on a name that nobody has gets no data and never goes off.',
  fix: 'Take the dimension from the resource (Ref, GetAtt, or the metric methods of its construct) in place of a name written by hand.',
  source: 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html',
  *check(context): Iterable<Finding> {
    const known = new Map<string, ReadonlySet<string>>();
    for (const { resource, metrics } of metricAlarms(context)) {
      for (const { namespace, dimensions, property } of metrics) {
        for (const [dimension, value] of dimensions) {
          const key = `${namespace} ${dimension}`;
          const names = known.get(key) ?? nameable(context.topology, namespace, dimension);
          known.set(key, names);
          if (names.size > 0 && !isAmong(names, value)) {
            yield { resource, property: `${property}.Dimensions`, message: `no resource of the app is the ${dimension} "${value}" of ${namespace}` };
          }
        }
      }
    }
  },
};
