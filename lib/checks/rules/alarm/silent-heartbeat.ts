import type { Finding, Rule } from '../../rule';
import { metricAlarms } from '../../views/alarms';
import { listOf } from '../../views/values';

/** Metrics of which no data point at all means that nothing comes in, or that nobody is there. */
const HEARTBEATS = new Set([
  'HealthyHostCount', 'IncomingBytes', 'IncomingRecords', 'Invocations', 'NumberOfMessagesReceived', 'NumberOfMessagesSent', 'PutRecords.Success',
  'RequestCount', 'RunningTaskCount',
]);

export const silentHeartbeat: Rule = {
  id: 'HT-ALARM-010',
  severity: 'warning',
  what: 'An alarm that waits for silence takes silence for health.',
  why: 'When traffic or all hosts are gone, the metric is not published any more. Data that are missing then do not pass the threshold, and the alarm stays quiet.',
  fix: 'Set TreatMissingData to breaching.',
  source: 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html',
  *check(context): Iterable<Finding> {
    for (const { resource, comparison, metrics, missingData } of metricAlarms(context)) {
      const waits = comparison.startsWith('LessThan') && metrics.length === 1 && HEARTBEATS.has(metrics[0].name);
      if (waits && missingData !== 'breaching' && listOf(resource.properties.InsufficientDataActions).length === 0) {
        yield { resource, property: 'Properties.TreatMissingData', message: `too little ${metrics[0].name} is an alarm, none at all is ${missingData}` };
      }
    }
  },
};
