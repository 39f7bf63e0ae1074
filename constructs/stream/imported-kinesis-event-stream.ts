import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { Decision, KinesisStreamSizing } from '../../lib/sizing';
import type { Workload } from '../../lib/workload';
import { AlarmSet } from '../observability/alarm-set';
import type { ImportedKinesisEventStreamProps } from './kinesis-event-stream-props';
import { createKinesisAlarms } from './kinesis-stream-alarms';
import { KinesisStreamBase } from './kinesis-stream-base';
import { sizeStream } from './kinesis-stream-sizing';

/** A Kinesis stream that was there before; `KinesisEventStream.fromStream` makes one. */
export class ImportedKinesisEventStream extends KinesisStreamBase {
  /** The stream. */
  readonly stream: kinesis.IStream;
  /** Key of the records; undefined where nobody said which. */
  readonly encryptionKey?: kms.IKey;
  /** What the stream carries. */
  readonly workload: Workload;
  /** The sizes in force, with every override in its place. State `shards` and `retention` as the stream has them. */
  readonly sizing: KinesisStreamSizing;
  /** The sizes with their reasons, as they stand in the template's metadata. */
  readonly decisions: readonly Decision[];
  /** Shards that may be open at once. */
  readonly mostShards: number;
  /** Alarms by name; none unless `alarms` was set. */
  readonly alarms: AlarmSet;

  protected readonly consumerName?: string;

  constructor(scope: Construct, id: string, props: ImportedKinesisEventStreamProps) {
    super(scope, id);
    const sized = sizeStream(this, props);
    this.workload = props.workload;
    this.sizing = sized.sizing;
    this.decisions = sized.decisions;
    this.mostShards = sized.mostShards;
    this.consumerName = props.consumerName;
    this.encryptionKey = props.encryptionKey ?? props.stream.encryptionKey;
    this.stream = props.stream.encryptionKey === this.encryptionKey ? props.stream : this.withKey(props.stream, this.encryptionKey);
    this.alarms = props.alarms === undefined ? new AlarmSet(this, 'Alarms') : createKinesisAlarms(this, this, props.alarms);
  }

  /** The same stream, whose grants include its key. */
  private withKey(stream: kinesis.IStream, encryptionKey?: kms.IKey): kinesis.IStream {
    return kinesis.Stream.fromStreamAttributes(this, 'Stream', { streamArn: stream.streamArn, encryptionKey });
  }
}
