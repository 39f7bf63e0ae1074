import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as kinesis from 'aws-cdk-lib/aws-kinesis';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { Decision, type RecoverySizing, sizeRecovery } from '../../lib/sizing';
import { DEFAULTS } from '../defaults';
import { factsFor, LIMITS } from '../limits';
import type { AlarmSet } from '../observability/alarm-set';
import { parkedRate } from '../observability/handler-metrics';
import { recordDecisions, recordWorkload } from '../sizing-metadata';
import type { EventSourceBinding, EventSourceSizing, IEventStream, IEventStreamWorker } from '../stream/event-stream';
import { requireDurationBetween, requireIntegerBetween } from '../validation';
import type { FailureBucket } from './failure-bucket';
import { requireFunctionBounds } from './function-bounds';
import type { Rollout } from './rollout';
import { createFailureBucket, createStreamAlarms, createStreamMapping, destinationDeliveryFailures, givenUp, STREAM_GUARDS } from './stream-mapping';
import type { StreamMappingProps } from './stream-mapping-props';
import { WorkerFunction } from './worker-function';

/** Properties of `StreamWorker`. */
export interface StreamWorkerProps extends StreamMappingProps {
  /** The stream or topic to read; its workload is what the worker is sized for. */
  readonly stream: IEventStream;

  /**
   * Whether the worker reads a Kinesis stream through a connection of its own (enhanced fan-out) instead of sharing each shard's reads.
   *
   * @default - derived from the workload's latency target
   */
  readonly enhancedFanOut?: boolean;

  /**
   * Name under which the worker's offsets in a topic are kept. It cannot be changed later: another name begins from the beginning.
   *
   * @default - a unique name made of the worker's path
   */
  readonly consumerGroup?: string;

  /**
   * How long the mapping gathers records for a batch, 0 to 300 seconds.
   *
   * @default - derived from the workload
   */
  readonly batchingWindow?: Duration;

  /**
   * Batches of one shard that are worked on at once, 1 to 10. Must be 1 for a stream of aggregated records, where lanes do not work, and for
   * a topic, which has partitions instead.
   *
   * @default - derived from the workload: 1 with aggregation
   */
  readonly parallelizationFactor?: number;

  /**
   * Pollers of a mapping to a topic that are always there, 1 to 200.
   *
   * @default - derived from the workload: as many as at most, so that no partition ever moves because of the load
   */
  readonly minimumPollers?: number;

  /**
   * Pollers of a mapping to a topic at the most, 1 to 2000; no more than partitions ever run.
   *
   * @default - derived from the workload
   */
  readonly maximumPollers?: number;

  /**
   * Age at which a record is given up and goes to the failure bucket, 60 seconds to 7 days. Must be less than the stream's retention:
   * a record that expires first is lost without a trace.
   *
   * @default - derived from the stream's retention
   */
  readonly maximumRecordAge?: Duration;
}

/**
 * A Lambda function that reads a Kinesis stream or a Kafka topic so that nothing valid is lost and nothing poisonous blocks a shard: the
 * handler reports single failures, a failing batch is split, retries end only with the record's age, and what is given up is kept in a
 * bucket. New versions take over step by step.
 */
export class StreamWorker extends Construct implements IEventStreamWorker, ec2.IConnectable {
  /** The function with its alias and log. */
  readonly worker: WorkerFunction;
  /** The function. */
  readonly function: lambda.Function;
  /** What the mapping invokes. */
  readonly alias: lambda.Alias;
  /** The worker's own connection to a Kinesis stream, with enhanced fan-out. */
  readonly consumer?: kinesis.StreamConsumer;
  /** Name under which the worker's offsets in a topic are kept. */
  readonly consumerGroup?: string;
  /** Batches that were given up. */
  readonly failures: FailureBucket;
  /** From the stream to the alias. */
  readonly mapping: lambda.EventSourceMapping;
  /** Lets new versions take over step by step; undefined where it is switched off. */
  readonly rollout?: Rollout;
  /** The function's role. */
  readonly grantPrincipal: iam.IPrincipal;
  /** The sizes in force, with every override in its place. */
  readonly sizing: EventSourceSizing;
  /** The sizes with their reasons, as they stand in the template's metadata. */
  readonly decisions: readonly Decision[];
  /** Alarms by name. */
  readonly alarms: AlarmSet;

  private readonly recovery: RecoverySizing;
  private readonly binding: EventSourceBinding;

  constructor(scope: Construct, id: string, private readonly props: StreamWorkerProps) {
    super(scope, id);
    const facts = factsFor(this, props.facts);
    const derived = props.stream.sizeWorker(facts);
    this.requireBounds(props, derived);
    this.recovery = sizeRecovery(props.stream.workload, facts);
    recordWorkload(this, props.stream.workload);
    const fanOut = props.enhancedFanOut === undefined ? [] : props.stream.decisions.filter((it) => it.name === 'enhancedFanOut');
    this.decisions = recordDecisions(this, [...derived.decisions, ...fanOut, Decision.find(this.recovery.decisions, 'unsettledAlarm')], {
      enhancedFanOut: fanOut.length === 0 ? undefined : props.enhancedFanOut,
      batchSize: props.batchSize,
      batchingWindow: props.batchingWindow,
      parallelizationFactor: props.parallelizationFactor,
      minimumPollers: props.minimumPollers,
      maximumPollers: props.maximumPollers,
      memory: props.memory,
      timeout: props.timeout,
      reservedConcurrency: props.reservedConcurrency,
      maximumRecordAge: props.maximumRecordAge,
    });
    this.sizing = {
      batchSize: props.batchSize ?? derived.batchSize,
      batchingWindow: props.batchingWindow ?? derived.batchingWindow,
      parallelizationFactor: props.parallelizationFactor ?? derived.parallelizationFactor,
      minimumPollers: props.minimumPollers ?? derived.minimumPollers,
      maximumPollers: props.maximumPollers ?? derived.maximumPollers,
      memory: props.memory ?? derived.memory,
      timeout: props.timeout ?? derived.timeout,
      reservedConcurrency: props.reservedConcurrency ?? derived.reservedConcurrency,
      maximumRecordAge: props.maximumRecordAge ?? derived.maximumRecordAge,
      decisions: [...this.decisions],
    };

    this.worker = WorkerFunction.create(this, props, this.sizing, this.sizing.reservedConcurrency);
    this.function = this.worker.function;
    this.alias = this.worker.alias;
    this.grantPrincipal = this.worker.grantPrincipal;
    this.failures = createFailureBucket(this, props, props.stream.encryptionKey);
    this.binding = props.stream.bindWorker(this, this, {
      sizing: this.sizing, enhancedFanOut: props.enhancedFanOut, consumerGroup: props.consumerGroup,
    });
    this.consumer = this.binding.consumer;
    this.consumerGroup = this.binding.consumerGroup;
    this.mapping = this.createMapping();
    this.alarms = this.createAlarms();
    this.rollout = this.worker.addRollout(this.alarms, STREAM_GUARDS, props.rollout);
    this.node.addValidation({ validate: () => this.validateAgainstStream() });
  }

  /**
   * Whom the function may reach, and who it.
   *
   * @throws Error for a worker that is in no network.
   */
  get connections(): ec2.Connections {
    return this.worker.connections;
  }

  /** Age of the oldest record that the worker has not handled. Milliseconds. */
  metricIteratorAge(options?: cloudwatch.MetricOptions): cloudwatch.IMetric {
    return adjusted(this.binding.age, options);
  }

  /** Records that the worker has not handled: counted in a topic, estimated from rate and age in a Kinesis stream. */
  metricDepth(options?: cloudwatch.MetricOptions): cloudwatch.IMetric {
    return adjusted(this.binding.depth, options);
  }

  /** Share of the records that the handler could only put aside. Percent. */
  metricParkedRate(): cloudwatch.IMetric {
    return parkedRate(this.function);
  }

  /** Records that were given up and put into the failure bucket. */
  metricGivenUp(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return givenUp(this.mapping, options);
  }

  /** Batches that were given up and could not be written to the failure bucket. */
  metricDestinationDeliveryFailures(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return destinationDeliveryFailures(this.worker, options);
  }

  private requireBounds(props: StreamWorkerProps, derived: EventSourceSizing): void {
    requireFunctionBounds(props, LIMITS.mapping.streamBatchSize);
    requireDurationBetween('batchingWindow', props.batchingWindow, Duration.seconds(0), LIMITS.mapping.batchingWindow);
    requireIntegerBetween('parallelizationFactor', props.parallelizationFactor, 1, LIMITS.mapping.parallelizationFactor);
    requireIntegerBetween('reservedConcurrency', props.reservedConcurrency, 1, Number.MAX_SAFE_INTEGER);
    requireDurationBetween('maximumRecordAge', props.maximumRecordAge, LIMITS.mapping.recordAge.minimum, LIMITS.mapping.recordAge.maximum);
    requireIntegerBetween('minimumPollers', props.minimumPollers, 1, LIMITS.kafka.minimumPollers);
    requireIntegerBetween('maximumPollers', props.maximumPollers, 1, LIMITS.kafka.maximumPollers);
    for (const name of ['minimumPollers', 'maximumPollers'] as const) {
      if (props[name] !== undefined && derived[name] === undefined) {
        throw new Error(`\`${name}\` must be set for a topic only, got: ${props[name]}`);
      }
    }
  }

  private createMapping(): lambda.EventSourceMapping {
    const mapping = createStreamMapping(this, 'Mapping', this.worker, {
      ...this.binding.mappingOptions,
      batchSize: this.sizing.batchSize,
      maxBatchingWindow: this.sizing.batchingWindow,
      maxRecordAge: this.sizing.maximumRecordAge,
      onFailure: this.failures,
      ...this.props.mappingOptions,
    });
    mapping.node.addDependency(...(this.binding.dependencies ?? []));
    return mapping;
  }

  private createAlarms(): AlarmSet {
    const alarms = createStreamAlarms(this, this.props, this.worker, {
      mappings: [this.mapping],
      age: this.binding.age,
      lateAfter: Duration.millis(this.sizing.maximumRecordAge.toMilliseconds() * DEFAULTS.alarm.shareOfRecordAge),
      late: 'The worker is so far behind that records are on their way to be given up.',
    });
    this.worker.addParkedAlarm(alarms);
    alarms.add('Unsettled', {
      metric: this.binding.age,
      description: 'What was accepted is not settled: more would be lost with the region than the recovery tier allows.',
      threshold: this.recovery.unsettledAlarm.toMilliseconds(),
    });
    return alarms;
  }

  private validateAgainstStream(): string[] {
    const { stream, mappingOptions, functionOptions } = this.props;
    // What CDK's own options changed counts as well.
    return stream.validateWorker({
      parallelizationFactor: mappingOptions?.parallelizationFactor ?? this.sizing.parallelizationFactor,
      maximumRecordAge: mappingOptions?.maxRecordAge ?? this.sizing.maximumRecordAge,
      reservedConcurrency: functionOptions?.reservedConcurrentExecutions ?? this.sizing.reservedConcurrency,
      timeout: functionOptions?.timeout ?? this.sizing.timeout,
    });
  }
}

/** A metric with other options; of a calculation its period, label and color can be changed. */
function adjusted(metric: cloudwatch.IMetric, options?: cloudwatch.MetricOptions): cloudwatch.IMetric {
  if (metric instanceof cloudwatch.Metric) {
    return metric.with(options ?? {});
  }
  const { color, label, period } = options ?? {};
  return metric instanceof cloudwatch.MathExpression ? metric.with({ color, label, period }) : metric;
}
