import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { ALARM_PERIOD } from '../observability/alarm-set';
import { requireBetween } from '../validation';

/** Work that waits for a tier, and how much of it one task may have before it: what scaling by backlog goes by. */
export class TierBacklog {
  /**
   * Messages of a queue.
   *
   * @param perTask messages that may wait for each task, above 0: what a task works off in a second, times the seconds that a message may wait.
   * @throws Error for a number of 0 or less.
   */
  static ofQueue(queue: sqs.IQueue, perTask: number): TierBacklog {
    return TierBacklog.ofMetric(queue.metricApproximateNumberOfMessagesVisible({ statistic: 'Average', period: ALARM_PERIOD }), perTask);
  }

  /**
   * Any count of work that waits: unread records of a stream, the lag of a consumer group. Not an age, which more tasks do not divide.
   *
   * @param metric a metric of CloudWatch itself, not an expression; one data point a minute
   * @param perTask units of it that may wait for each task, above 0
   * @throws Error for a number of 0 or less, and for an expression.
   */
  static ofMetric(metric: cloudwatch.IMetric, perTask: number): TierBacklog {
    requireBetween('perTask', perTask, Number.MIN_VALUE, Number.MAX_SAFE_INTEGER);
    if (metric.toMetricConfig().metricStat === undefined) {
      throw new Error('`metric` must be a metric of CloudWatch, got: an expression');
    }
    return new TierBacklog(metric, perTask);
  }

  private constructor(
    /** What is counted. */
    readonly metric: cloudwatch.IMetric,
    /** Units that may wait for each task. */
    readonly perTask: number,
  ) {}
}
