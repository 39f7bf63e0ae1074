import { formatNumber } from '../../../sizing/format';
import type { CheckContext } from '../../check-context';
import type { Finding, Rule } from '../../rule';
import { metricAlarms, type MetricAlarm } from '../../views/alarms';

const PROCESSOR = new Set(['CPUUtilization', 'EngineCPUUtilization']);
const MEMORY = new Set(['MemoryUtilization', 'DatabaseMemoryUsagePercentage']);
const FAILURE = /^(Errors|Throttles|5XXError|HTTPCode_(Target|ELB)_5XX_Count|SystemErrors)$/;

export const lateThreshold: Rule = {
  id: 'HT-ALARM-009',
  severity: 'warning',
  what: 'An alarm goes off when it is too late to act.',
  why: 'Above four fifths of a processor waiting times grow without bound, and a task out of memory is killed. Errors of some percent are customers who left.',
  fix: 'Set the threshold to at most 80 % of processors, 85 % of memory, and 1 % of failed requests for a critical service or 5 % for any other.',
  source: 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Best_Practice_Recommended_Alarms_AWS_Services.html',
  *check(context): Iterable<Finding> {
    for (const alarm of metricAlarms(context)) {
      const limit = alarm.comparison.startsWith('GreaterThan') && alarm.threshold !== undefined ? limitOf(alarm, alarm.threshold, context) : undefined;
      if (limit !== undefined && alarm.threshold !== undefined && alarm.threshold > limit.percent) {
        yield {
          resource: alarm.resource,
          property: 'Properties.Threshold',
          message: `${formatNumber(alarm.threshold)} % of ${limit.of}; at most ${limit.percent} % leaves time to act`,
        };
      }
    }
  },
};

function limitOf(alarm: MetricAlarm, threshold: number, context: CheckContext): { readonly percent: number; readonly of: string } | undefined {
  const facts = context.factsFor(alarm.resource);
  const { metrics, expressions } = alarm;
  if (expressions.length === 0 && metrics.length === 1) {
    const [{ name }] = metrics;
    return PROCESSOR.has(name) ? { percent: facts.number('target/check.alarm.processorPercent'), of: 'a processor' }
      : MEMORY.has(name) ? { percent: facts.number('target/check.alarm.memoryPercent'), of: 'the memory' }
      : undefined;
  }
  if (!metrics.some((it) => FAILURE.test(it.name)) || !expressions.some((it) => it.includes('/') && /\b100\b/.test(it))) {
    return undefined;
  }
  const critical = facts.number('target/check.alarm.errorPercent.critical');
  const other = facts.number('target/check.alarm.errorPercent.other');
  // Only between the two does it matter how critical the service is.
  const isCritical = threshold > critical && threshold <= other && context.workloadOf(alarm.resource)?.recoveryTier.name === 'critical';
  return { percent: isCritical ? critical : other, of: 'requests failed' };
}
