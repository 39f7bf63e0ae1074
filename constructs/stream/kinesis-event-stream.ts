import { RemovalPolicy } from 'aws-cdk-lib';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { Decision, KinesisStreamSizing } from '../../lib/sizing';
import type { Workload } from '../../lib/workload';
import type { AlarmSet } from '../observability/alarm-set';
import { customerKey } from '../security/customer-key';
import { DataClass } from '../security/data-class';
import { ImportedKinesisEventStream } from './imported-kinesis-event-stream';
import type { ImportedKinesisEventStreamProps, KinesisEventStreamProps } from './kinesis-event-stream-props';
import { createKinesisAlarms } from './kinesis-stream-alarms';
import { type IKinesisEventStream, KinesisStreamBase } from './kinesis-stream-base';
import { sizeStream } from './kinesis-stream-sizing';

/** A Kinesis stream with as many shards as its workload needs, under a customer key. */
export class KinesisEventStream extends KinesisStreamBase {
  /**
   * A Kinesis stream that was there before, so that workers can read it. Its size is derived as for a new one; state `shards` and
   * `retention` as the stream has them, and workers are sized and checked by those.
   */
  static fromStream(scope: Construct, id: string, props: ImportedKinesisEventStreamProps): IKinesisEventStream {
    return new ImportedKinesisEventStream(scope, id, props);
  }

  /** The stream. */
  readonly stream: kinesis.Stream;
  /** Key of the records. */
  readonly encryptionKey: kms.IKey;
  /** What the stream was sized for. */
  readonly workload: Workload;
  /** The sizes in force, with every override in its place. On demand, `shards` are those that the peak takes. */
  readonly sizing: KinesisStreamSizing;
  /** The sizes with their reasons, as they stand in the template's metadata. */
  readonly decisions: readonly Decision[];
  /** Shards that may be open at once: what a worker needs invocations for. */
  readonly mostShards: number;
  /** Alarms by name. */
  readonly alarms: AlarmSet;

  constructor(scope: Construct, id: string, props: KinesisEventStreamProps) {
    super(scope, id);
    const { decisions, mostShards, onDemand, sizing } = sizeStream(this, props, props.capacityMode);
    this.workload = props.workload;
    this.sizing = sizing;
    this.decisions = decisions;
    this.mostShards = mostShards;

    this.encryptionKey = customerKey(this, 'Keys', DataClass.EVENTS, props.encryptionKey, props.removalPolicy);
    this.stream = new kinesis.Stream(this, 'Stream', {
      ...(onDemand ? { streamMode: kinesis.StreamMode.ON_DEMAND } : { streamMode: kinesis.StreamMode.PROVISIONED, shardCount: sizing.shards }),
      retentionPeriod: sizing.retention,
      encryption: kinesis.StreamEncryption.KMS,
      encryptionKey: this.encryptionKey,
      removalPolicy: props.removalPolicy ?? RemovalPolicy.RETAIN,
      ...props.streamProps,
    });
    this.alarms = createKinesisAlarms(this, this, props.alarms);
  }
}
