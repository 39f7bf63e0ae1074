import { Annotations, type Duration, RemovalPolicy } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as iam from 'aws-cdk-lib/aws-iam';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import type * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { Facts } from '../../lib/facts';
import { type Decision, type KinesisStreamSizing, sizeKinesisStream } from '../../lib/sizing';
import type { Workload } from '../../lib/workload';
import { DEFAULTS } from '../defaults';
import { factsFor, LIMITS } from '../limits';
import { ALARM_PERIOD, type AlarmOptions, AlarmSet } from '../observability/alarm-set';
import { customerKey } from '../security/customer-key';
import { DataClass } from '../security/data-class';
import { recordDecisions, recordWorkload } from '../sizing-metadata';
import { requireDurationBetween, requireIntegerBetween } from '../validation';

/** Properties of `KinesisEventStream`. */
export interface KinesisEventStreamProps {
  /** What the stream must carry; in a system of several cells, the share of one cell. */
  readonly workload: Workload;

  /**
   * Limits, latencies and measurements that the size rests on.
   *
   * @default - the shipped facts for the region of the stack
   */
  readonly facts?: Facts;

  /**
   * Number of shards, 1 to 10000.
   *
   * @default - derived from the workload: bytes, records and the share of the hottest key
   */
  readonly shards?: number;

  /**
   * How long a record can be read again, 24 hours to 365 days.
   *
   * @default - derived from the workload
   */
  readonly retention?: Duration;

  /**
   * Key of the records.
   *
   * @default - a new customer managed key
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * What becomes of the stream when the stack goes.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * Changes to the alarms `WriteThrottled`, `ReadThrottled` and `ReadersBehind`.
   *
   * @default - all on, calling nobody
   */
  readonly alarms?: AlarmOptions;

  /**
   * Properties of CDK's own stream, laid over what this construct decides.
   *
   * @default - none
   */
  readonly streamProps?: kinesis.StreamProps;
}

/** A provisioned Kinesis stream with as many shards as its workload needs, under a customer key. */
export class KinesisEventStream extends Construct {
  /** The stream. */
  readonly stream: kinesis.Stream;
  /** Key of the records. */
  readonly encryptionKey: kms.IKey;
  /** What the stream was sized for. */
  readonly workload: Workload;
  /** The sizes in force, with every override in its place. */
  readonly sizing: KinesisStreamSizing;
  /** The sizes with their reasons, as they stand in the template's metadata. */
  readonly decisions: readonly Decision[];
  /** Alarms by name. */
  readonly alarms: AlarmSet;

  constructor(scope: Construct, id: string, props: KinesisEventStreamProps) {
    super(scope, id);
    requireIntegerBetween('shards', props.shards, LIMITS.stream.shards.minimum, LIMITS.stream.shards.maximum);
    requireDurationBetween('retention', props.retention, LIMITS.stream.retention.minimum, LIMITS.stream.retention.maximum);

    const derived = sizeKinesisStream(props.workload, factsFor(this, props.facts));
    recordWorkload(this, props.workload);
    this.decisions = recordDecisions(this, derived.decisions, { shards: props.shards, retention: props.retention });
    this.workload = props.workload;
    this.sizing = {
      ...derived,
      shards: props.shards ?? derived.shards,
      retention: props.retention ?? derived.retention,
      decisions: [...this.decisions],
    };
    if (this.sizing.shards < derived.shards) {
      Annotations.of(this).addWarningV2(
        'cdk-high-throughput:too-few-shards',
        `\`shards\` is ${this.sizing.shards}, but the workload needs ${derived.shards}: writes will be throttled at the peak`,
      );
    }

    this.encryptionKey = customerKey(this, 'Keys', DataClass.EVENTS, props.encryptionKey, props.removalPolicy);
    this.stream = new kinesis.Stream(this, 'Stream', {
      streamMode: kinesis.StreamMode.PROVISIONED,
      shardCount: this.sizing.shards,
      retentionPeriod: this.sizing.retention,
      encryption: kinesis.StreamEncryption.KMS,
      encryptionKey: this.encryptionKey,
      removalPolicy: props.removalPolicy ?? RemovalPolicy.RETAIN,
      ...props.streamProps,
    });
    this.alarms = this.createAlarms(props.alarms);
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

  private createAlarms(options?: AlarmOptions): AlarmSet {
    const alarms = new AlarmSet(this, 'Alarms', options);
    alarms.add('WriteThrottled', {
      metric: this.metricWriteThrottled(),
      description: 'A shard refused records: more is written than the stream was sized for, or one partition key is too hot.',
      threshold: 0,
    });
    alarms.add('ReadThrottled', {
      metric: this.metricReadThrottled(),
      description: 'A shard refused reads: its shared consumers together read more than one shard allows.',
      threshold: 0,
    });
    alarms.add('ReadersBehind', {
      metric: this.metricIteratorAge(),
      description: 'A shared consumer is so far behind that records are on their way to expire unread.',
      threshold: this.sizing.retention.toMilliseconds() * DEFAULTS.alarm.shareOfRecordAge,
      evaluationPeriods: 1,
    });
    return alarms;
  }
}
