import type { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { LIMITS } from '../limits';
import { ALARM_PERIOD, AlarmSet } from '../observability/alarm-set';
import { customerKey } from '../security/customer-key';
import { DataClass } from '../security/data-class';
import { FailureBucket } from './failure-bucket';
import type { StreamMappingProps } from './stream-mapping-props';
import type { WorkerFunction } from './worker-function';

/** What the workers on streams, topics and table streams have in common. */

/**
 * The bucket of what a worker's mappings give up.
 *
 * @param defaultKey key of what is read; where it is not known the bucket gets one of its own.
 */
export function createFailureBucket(scope: Construct, props: StreamMappingProps, defaultKey?: kms.IKey): FailureBucket {
  return new FailureBucket(scope, 'Failures', {
    encryptionKey: props.failureEncryptionKey ?? customerKey(scope, 'FailureKeys', DataClass.EVENTS, defaultKey, props.removalPolicy),
    retention: props.failureRetention,
    removalPolicy: props.removalPolicy,
    bucketProps: props.failureBucketProps,
  });
}

/** A mapping that loses nothing valid: single failures are reported, failing batches split, and only a record's age ends its retries. */
export function createStreamMapping(
  scope: Construct,
  id: string,
  worker: WorkerFunction,
  options: lambda.EventSourceMappingOptions,
): lambda.EventSourceMapping {
  const mapping = new lambda.EventSourceMapping(scope, id, {
    target: worker.alias,
    // LATEST would miss what is written while the mapping is being made.
    startingPosition: lambda.StartingPosition.TRIM_HORIZON,
    reportBatchItemFailures: true,
    bisectBatchOnError: true,
    // A count would throw valid records away when a dependency is down for longer than the count lasts.
    retryAttempts: -1,
    // Tells of batches that were given up.
    metricsConfig: { metrics: [lambda.MetricType.EVENT_COUNT] },
    ...options,
  });
  // Lambda tries the permissions of the role when the mapping is made.
  mapping.node.addDependency(worker.function, worker.alias, worker.function.role!);
  return mapping;
}

/** Age of the oldest record of the last batch when it reached the handler. Milliseconds. */
export function iteratorAge(worker: WorkerFunction, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
  return worker.alias.metric('IteratorAge', { statistic: 'Maximum', period: ALARM_PERIOD, ...options });
}

/** Batches that were given up and could not be written to the failure bucket. */
export function destinationDeliveryFailures(worker: WorkerFunction, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
  return worker.alias.metric('DestinationDeliveryFailures', { statistic: 'Sum', period: ALARM_PERIOD, ...options });
}

/** Records that a mapping gave up and put into the failure bucket. */
export function givenUp(mapping: lambda.EventSourceMapping, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace: 'AWS/Lambda',
    metricName: 'OnFailureDestinationDeliveredEventCount',
    dimensionsMap: { EventSourceMappingUUID: mapping.eventSourceMappingId },
    statistic: 'Sum',
    period: ALARM_PERIOD,
    ...options,
  });
}

/** What the alarms of a worker on a stream look at. */
export interface StreamAlarmsProps {
  /** Its mappings. */
  readonly mappings: readonly lambda.EventSourceMapping[];
  /** Age of the oldest record that is not handled, in milliseconds. */
  readonly age: cloudwatch.IMetric;
  /** Age that calls for attention. */
  readonly lateAfter: Duration;
  /** What it means to be that late. */
  readonly late: string;
}

/**
 * Alarms that call a new version of a worker on a stream back. `GivenUp` cannot be one of them: it looks at the mapping, which needs the alias,
 * which needs its rollout.
 */
export const STREAM_GUARDS = ['Errors', 'IteratorAge', 'ParkedRate', 'DestinationDeliveryFailures'];

/** The alarms of a worker on a stream. */
export function createStreamAlarms(scope: Construct, props: StreamMappingProps, worker: WorkerFunction, watched: StreamAlarmsProps): AlarmSet {
  const alarms = new AlarmSet(scope, 'Alarms', props.alarms);
  alarms.add('IteratorAge', {
    metric: watched.age,
    description: watched.late,
    threshold: watched.lateAfter.toMilliseconds(),
    evaluationPeriods: 1,
  });
  worker.addAlarms(alarms);
  alarms.add('DestinationDeliveryFailures', {
    metric: destinationDeliveryFailures(worker),
    description: 'A batch was given up and could not be kept either: records are being lost.',
    threshold: 0,
    evaluationPeriods: 1,
  });
  addGivenUpAlarms(alarms, watched.mappings);
  return alarms;
}

/** One alarm for all mappings, or as many as it takes where an alarm cannot look at all of them. */
function addGivenUpAlarms(alarms: AlarmSet, mappings: readonly lambda.EventSourceMapping[]): void {
  const size = LIMITS.alarm.metrics;
  for (let first = 0; first < mappings.length; first += size) {
    const metrics = mappings.slice(first, first + size).map((it) => givenUp(it));
    const named = Object.fromEntries(metrics.map((metric, index) => [`mapping${first + index}`, metric]));
    alarms.add(first === 0 ? 'GivenUp' : `GivenUp${first / size + 1}`, {
      metric: metrics.length === 1 ? metrics[0] : new cloudwatch.MathExpression({
        expression: 'SUM(METRICS())', usingMetrics: named, period: ALARM_PERIOD, label: 'records given up',
      }),
      description: 'Batches were given up and wait in the failure bucket for somebody to look at them.',
      threshold: 0,
      evaluationPeriods: 1,
    });
  }
}
