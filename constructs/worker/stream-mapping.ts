import type { Duration } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { ALARM_PERIOD, AlarmSet } from '../observability/alarm-set';
import { FailureBucket } from './failure-bucket';
import type { StreamMappingProps } from './stream-mapping-props';
import type { WorkerFunction } from './worker-function';

/** What the workers on Kinesis and on table streams have in common. */

/** The bucket of what a worker's mappings give up. */
export function createFailureBucket(scope: Construct, props: StreamMappingProps, defaultKey: kms.IKey): FailureBucket {
  return new FailureBucket(scope, 'Failures', {
    encryptionKey: props.failureEncryptionKey ?? defaultKey,
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
    ...options,
  });
  // Lambda tries the permissions of the role when the mapping is made.
  mapping.node.addDependency(worker);
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

/**
 * The alarms of a worker on a stream.
 *
 * @param lateAfter age of the oldest record that calls for attention.
 * @param late what it means to be that late.
 */
export function createStreamAlarms(scope: Construct, props: StreamMappingProps, worker: WorkerFunction, lateAfter: Duration, late: string): AlarmSet {
  const alarms = new AlarmSet(scope, 'Alarms', props.alarms);
  alarms.add('IteratorAge', {
    metric: iteratorAge(worker),
    description: late,
    threshold: lateAfter.toMilliseconds(),
    evaluationPeriods: 1,
  });
  worker.addAlarms(alarms);
  alarms.add('DestinationDeliveryFailures', {
    metric: destinationDeliveryFailures(worker),
    description: 'A batch was given up and could not be kept either: records are being lost.',
    threshold: 0,
    evaluationPeriods: 1,
  });
  return alarms;
}
