import type { Duration } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as kinesis from 'aws-cdk-lib/aws-kinesis';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct, IConstruct, IDependable } from 'constructs';
import type { Facts } from '../../lib/facts';
import type { Decision, StreamWorkerSizing } from '../../lib/sizing';
import type { Workload } from '../../lib/workload';
import type { AlarmSet } from '../observability/alarm-set';

/** What a function that reads a stream is sized as: what every worker has, and pollers where the stream is a topic. */
export interface EventSourceSizing extends StreamWorkerSizing {
  /** Pollers of a mapping to a topic that are always there; undefined for a Kinesis stream. */
  readonly minimumPollers?: number;
  /** Pollers of a mapping to a topic at the most; undefined for a Kinesis stream. */
  readonly maximumPollers?: number;
}

/** A worker, as the stream that it reads sees it. */
export interface IEventStreamWorker extends IConstruct, iam.IGrantable {
  /** What the mapping invokes. */
  readonly alias: lambda.Alias;
}

/** How a worker wants to read. */
export interface EventSourceOptions {
  /** The worker's sizes in force. */
  readonly sizing: EventSourceSizing;

  /**
   * Whether the worker reads through a connection of its own (enhanced fan-out).
   *
   * @default - derived from the workload's latency target; never for a topic
   */
  readonly enhancedFanOut?: boolean;

  /**
   * Name under which the worker's offsets are kept; for a topic only.
   *
   * @default - a unique name made of the worker's path
   */
  readonly consumerGroup?: string;
}

/** What a worker's mapping needs to read a stream. */
export interface EventSourceBinding {
  /** Options of the mapping that the stream decides. */
  readonly mappingOptions: lambda.EventSourceMappingOptions;
  /** Age of the oldest record that the worker has not handled. Milliseconds. */
  readonly age: cloudwatch.IMetric;
  /** Records that the worker has not handled. */
  readonly depth: cloudwatch.IMetric;
  /** The worker's own connection to a Kinesis stream, with enhanced fan-out. */
  readonly consumer?: kinesis.StreamConsumer;
  /** Name under which the worker's offsets in a topic are kept. */
  readonly consumerGroup?: string;
  /** What must be there before the mapping is made, beside the worker. */
  readonly dependencies?: IDependable[];
}

/** What of a worker is checked against the stream that it reads. */
export interface EventSourceSettings {
  /** Batches of one shard that are worked on at once. */
  readonly parallelizationFactor: number;
  /** Age at which a record is given up. */
  readonly maximumRecordAge: Duration;
  /** Invocations that may run at once. */
  readonly reservedConcurrency: number;
  /** When an invocation is ended. */
  readonly timeout: Duration;
}

/**
 * A durable stream of events: a `KinesisEventStream`, an imported Kinesis stream or a `KafkaEventStream`. A `StreamWorker` reads any of them.
 */
export interface IEventStream extends IConstruct {
  /** What the stream carries. */
  readonly workload: Workload;
  /** How long a record can be read again. */
  readonly retention: Duration;
  /** Key of the records; undefined where it is not known or not the customer's. */
  readonly encryptionKey?: kms.IKey;
  /** The sizes with their reasons, as they stand in the template's metadata. */
  readonly decisions: readonly Decision[];
  /** Alarms by name. */
  readonly alarms: AlarmSet;

  /** Lets the grantee write records. */
  grantWrite(grantee: iam.IGrantable): iam.Grant;

  /** Lets the grantee read records. */
  grantRead(grantee: iam.IGrantable): iam.Grant;

  /** The sizes of a function that reads the stream. */
  sizeWorker(facts: Facts): EventSourceSizing;

  /**
   * Lets a worker read the stream.
   *
   * @param scope takes what only this worker has, such as its connection to the stream.
   * @returns what its mapping needs.
   * @throws Error for an option that a stream of this kind does not have.
   */
  bindWorker(scope: Construct, worker: IEventStreamWorker, options: EventSourceOptions): EventSourceBinding;

  /** What is wrong with a worker's settings beside this stream; empty where nothing is. */
  validateWorker(settings: EventSourceSettings): string[];
}
