import type { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { DEFAULTS } from '../defaults';
import { ALARM_PERIOD, AlarmSet } from '../observability/alarm-set';
import type { TieredArchiveProps } from './tiered-archive-props';

/** What alarms need of an archive. */
interface WatchedArchive extends Construct {
  readonly sizing: { readonly bufferInterval: Duration };
  metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric;
  metricFreshness(): cloudwatch.Metric;
  metricSuccess(): cloudwatch.Metric;
}

/** The alarms of an archive: records that come late, do not arrive at all, or arrive in the error prefix. */
export function createArchiveAlarms(archive: WatchedArchive, props: TieredArchiveProps): AlarmSet {
  const alarms = new AlarmSet(archive, 'Alarms', props.alarms);
  const { lateIntervals, leastLate } = DEFAULTS.archive;
  alarms.add('Freshness', {
    metric: archive.metricFreshness(),
    description: 'Records wait for longer than their buffer: they are not in the archive. Firehose gives up after 24 hours, or when the stream forgets them.',
    threshold: Math.max(lateIntervals * archive.sizing.bufferInterval.toSeconds(), leastLate.toSeconds()),
  });
  alarms.add('Success', {
    metric: archive.metricSuccess(),
    description: 'The bucket refuses objects; the log says why. Firehose tries again.',
    threshold: 1,
    comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
  });
  if (props.source) {
    alarms.add('Throttles', {
      metric: archive.metric('ThrottledGetRecords', { statistic: 'Sum' }),
      description: 'Reads of the stream are refused: too many readers share its shards.',
      threshold: 0,
    });
  } else {
    alarms.add('Throttles', {
      metric: archive.metric('ThrottledRecords', { statistic: 'Sum' }),
      description: 'Records are refused: more come in than the quotas of the delivery stream allow. Whoever put them must put them again.',
      threshold: 0,
    });
    alarms.add('KeyProblems', {
      metric: sumOf(archive, ['KMSKeyAccessDenied', 'KMSKeyDisabled', 'KMSKeyInvalidState', 'KMSKeyNotFound']),
      description: 'The delivery stream cannot use its key, and nothing that is in it comes out until it can.',
      threshold: 0,
    });
  }
  if (props.table) {
    alarms.add('FailedConversion', {
      metric: archive.metric('FailedConversion.Records', { statistic: 'Sum' }),
      description: 'Records do not fit the columns of the table, and are below the error prefix.',
      threshold: 0,
    });
  }
  if (props.partitioning) {
    alarms.add('PartitionCountExceeded', {
      metric: archive.metric('PartitionCountExceeded', { statistic: 'Maximum' }),
      description: 'Records have more different keys than the delivery stream has buffers; those beyond them are below the error prefix.',
      threshold: 0,
    });
  }
  return alarms;
}

function sumOf(archive: WatchedArchive, names: string[]): cloudwatch.MathExpression {
  const metrics = names.map((name, index) => [`m${index}`, archive.metric(name, { statistic: 'Sum' })] as const);
  return new cloudwatch.MathExpression({
    expression: `SUM([${metrics.map(([id]) => `FILL(${id}, 0)`).join(', ')}])`,
    usingMetrics: Object.fromEntries(metrics),
    period: ALARM_PERIOD,
    label: 'problems with the key',
  });
}
