import type { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type * as kinesis from 'aws-cdk-lib/aws-kinesis';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { Facts } from '../../lib/facts';
import type { Workload } from '../../lib/workload';
import type { AlarmOptions } from '../observability/alarm-set';
import type { StreamCapacityMode } from './stream-capacity-mode';

/** What a Kinesis stream is sized by, whether it is made here or was there before. */
export interface KinesisStreamSizingProps {
  /**
   * What the stream must carry; in a system of several cells, the share of one cell. For what follows from only some of the payments, a
   * share of them: `workload.share(0.01)`.
   */
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
}

/** Properties of `KinesisEventStream`. */
export interface KinesisEventStreamProps extends KinesisStreamSizingProps {
  /**
   * How the stream gets its capacity. With `ON_DEMAND` there are no `shards` to state.
   *
   * @default StreamCapacityMode.PROVISIONED
   */
  readonly capacityMode?: StreamCapacityMode;

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

/** Properties of a Kinesis stream that was there before. */
export interface ImportedKinesisEventStreamProps extends KinesisStreamSizingProps {
  /** The stream, for example `kinesis.Stream.fromStreamArn(…)`. */
  readonly stream: kinesis.IStream;

  /**
   * Key of the records; readers and writers get permission to use it.
   *
   * @default - the key that `stream` knows, if any
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * Name under which a worker is registered for enhanced fan-out. With a name only one worker can be.
   *
   * @default - a unique name made of the worker's path
   */
  readonly consumerName?: string;

  /**
   * Alarms `WriteThrottled`, `ReadThrottled` and `ReadersBehind`, as on a stream of this app.
   *
   * @default - none: whoever made the stream watches it
   */
  readonly alarms?: AlarmOptions;
}
