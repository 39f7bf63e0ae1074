import { type Duration, Names } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as iam from 'aws-cdk-lib/aws-iam';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import type * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { Facts } from '../../lib/facts';
import { Decision, type KinesisStreamSizing, sizeStreamWorker } from '../../lib/sizing';
import type { Workload } from '../../lib/workload';
import { LIMITS } from '../limits';
import { ALARM_PERIOD, type AlarmSet } from '../observability/alarm-set';
import type { EventSourceBinding, EventSourceOptions, EventSourceSettings, EventSourceSizing, IEventStream, IEventStreamWorker } from './event-stream';
import { validateRecordAge } from './validate-record-age';

/** A Kinesis stream that is sized for a workload: one of this app, or one that was there before. */
export interface IKinesisEventStream extends IEventStream {
  /** The stream. */
  readonly stream: kinesis.IStream;
  /** The sizes in force, with every override in its place. */
  readonly sizing: KinesisStreamSizing;
  /** Shards that may be open at once: what a worker needs invocations for. More than `sizing.shards` where the service adds them. */
  readonly mostShards: number;

  /** A metric of the stream, by its CloudWatch name. */
  metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric;
}

/** What Kinesis streams have in common, made here or imported. */
export abstract class KinesisStreamBase extends Construct implements IKinesisEventStream {
  abstract readonly stream: kinesis.IStream;
  abstract readonly encryptionKey?: kms.IKey;
  abstract readonly workload: Workload;
  abstract readonly sizing: KinesisStreamSizing;
  abstract readonly decisions: readonly Decision[];
  abstract readonly alarms: AlarmSet;
  abstract readonly mostShards: number;

  /** Name under which the worker is registered for enhanced fan-out; undefined for one made of the worker's path. */
  protected readonly consumerName?: string;

  /** How long a record can be read again. */
  get retention(): Duration {
    return this.sizing.retention;
  }

  /** Lets the grantee put records on the stream. */
  grantWrite(grantee: iam.IGrantable): iam.Grant {
    return this.stream.grantWrite(grantee);
  }

  /** Lets the grantee read the stream's records. */
  grantRead(grantee: iam.IGrantable): iam.Grant {
    return this.stream.grantRead(grantee);
  }

  /** A metric of the stream, by its CloudWatch name. */
  metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.stream.metric(metricName, options);
  }

  /** Records that were refused because a shard had reached its limit. */
  metricWriteThrottled(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.stream.metricWriteProvisionedThroughputExceeded({ statistic: 'Sum', period: ALARM_PERIOD, ...options });
  }

  /** Reads that were refused because the shared consumers of a shard had reached its limit. */
  metricReadThrottled(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.stream.metricReadProvisionedThroughputExceeded({ statistic: 'Sum', period: ALARM_PERIOD, ...options });
  }

  /** Age of the oldest record that shared consumers had not read; consumers with enhanced fan-out do not show here. Milliseconds. */
  metricIteratorAge(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.stream.metricGetRecordsIteratorAgeMilliseconds({ statistic: 'Maximum', period: ALARM_PERIOD, ...options });
  }

  /** Records that were written. */
  metricIncomingRecords(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.stream.metricIncomingRecords({ statistic: 'Sum', period: ALARM_PERIOD, ...options });
  }

  sizeWorker(facts: Facts): EventSourceSizing {
    const sizing = sizeStreamWorker(this.workload, this.sizing, facts);
    if (this.mostShards === this.sizing.shards) {
      return sizing;
    }
    // The service may open more shards than the peak takes, and each of them has a lane.
    const { reservedConcurrency, decisions } = sizeStreamWorker(this.workload, { ...this.sizing, shards: this.mostShards }, facts);
    const reservation = Decision.find(decisions, 'reservedConcurrency');
    return { ...sizing, reservedConcurrency, decisions: sizing.decisions.map((it) => (it.name === reservation.name ? reservation : it)) };
  }

  bindWorker(scope: Construct, worker: IEventStreamWorker, options: EventSourceOptions): EventSourceBinding {
    if (options.consumerGroup !== undefined) {
      throw new Error(`\`consumerGroup\` must not be set for a Kinesis stream, which has none, got: ${options.consumerGroup}`);
    }
    const consumer = options.enhancedFanOut ?? this.sizing.enhancedFanOut ? this.registerConsumer(scope) : undefined;
    (consumer ?? this.stream).grantRead(worker);
    const age = worker.alias.metric('IteratorAge', { statistic: 'Maximum', period: ALARM_PERIOD });
    return {
      mappingOptions: {
        eventSourceArn: consumer?.streamConsumerArn ?? this.stream.streamArn,
        parallelizationFactor: options.sizing.parallelizationFactor,
      },
      age,
      depth: this.unreadRecords(age),
      consumer,
    };
  }

  validateWorker(settings: EventSourceSettings): string[] {
    const { parallelizationFactor, reservedConcurrency } = settings;
    const errors = validateRecordAge(settings.maximumRecordAge, this.retention);
    if (parallelizationFactor > 1 && this.sizing.aggregation.paymentsPerRecord > 1) {
      errors.push(`\`parallelizationFactor\` must be 1 for a stream of aggregated records, got: ${parallelizationFactor}`);
    }
    const lanes = this.mostShards * parallelizationFactor;
    if (reservedConcurrency < lanes) {
      errors.push(`\`reservedConcurrency\` must be at least shards x parallelization factor = ${lanes}, got: ${reservedConcurrency}`);
    }
    return errors;
  }

  private registerConsumer(scope: Construct): kinesis.StreamConsumer {
    return new kinesis.StreamConsumer(scope, 'Consumer', {
      stream: this.stream,
      streamConsumerName: this.consumerName ?? Names.uniqueResourceName(scope, { separator: '-', maxLength: LIMITS.stream.consumerNameLength }),
    });
  }

  /** Kinesis counts no unread records: those that came while the oldest of them waited (Little's law). */
  private unreadRecords(age: cloudwatch.Metric): cloudwatch.MathExpression {
    return new cloudwatch.MathExpression({
      expression: 'age / 1000 * records / PERIOD(records)',
      usingMetrics: { age, records: this.metricIncomingRecords() },
      period: ALARM_PERIOD,
      label: 'unread records',
    });
  }
}
