import { formatSeconds } from '../../../sizing/format';
import { RecoveryTier } from '../../../workload';
import type { Finding, Rule } from '../../rule';
import { metricAlarms } from '../../views/alarms';

const SHORTEST = Math.min(...RecoveryTier.ALL.map((it) => it.recoveryTime.toSeconds()));

export const slowAlarm: Rule = {
  id: 'HT-ALARM-011',
  severity: 'warning',
  what: 'An alarm takes longer than the recovery may.',
  why: 'By the time that somebody is called, the service should be back already.',
  fix: 'Shorten the period or lower DatapointsToAlarm. For something that only creeps, say so and acknowledge.',
  source: 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html',
  *check(context): Iterable<Finding> {
    for (const { resource, period, datapoints } of metricAlarms(context)) {
      const seconds = period * datapoints;
      const workload = seconds > SHORTEST ? context.workloadOf(resource) : undefined;
      if (workload !== undefined && seconds > workload.recoveryTier.recoveryTime.toSeconds()) {
        yield {
          resource,
          property: 'Properties.DatapointsToAlarm',
          message: `${datapoints} data points of ${formatSeconds(period)} are ${formatSeconds(seconds)}; a ${workload.recoveryTier.name} service is to be back `
            + `after ${formatSeconds(workload.recoveryTier.recoveryTime.toSeconds())}`,
        };
      }
    }
  },
};
