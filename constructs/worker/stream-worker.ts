import { Duration, Names, Token } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as iam from 'aws-cdk-lib/aws-iam';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { Decision, type RecoverySizing, sizeRecovery, sizeStreamWorker, type StreamWorkerSizing } from '../../lib/sizing';
import { DEFAULTS } from '../defaults';
import { factsFor, LIMITS } from '../limits';
import type { AlarmSet } from '../observability/alarm-set';
import { recordDecisions, recordWorkload } from '../sizing-metadata';
import type { KinesisEventStream } from '../stream/kinesis-event-stream';
import { requireDurationBetween, requireIntegerBetween } from '../validation';
import type { FailureBucket } from './failure-bucket';
import { requireFunctionBounds } from './function-bounds';
import { createFailureBucket, createStreamAlarms, createStreamMapping, destinationDeliveryFailures, iteratorAge } from './stream-mapping';
import type { StreamMappingProps } from './stream-mapping-props';
import { WorkerFunction } from './worker-function';

/** Properties of `StreamWorker`. */
export interface StreamWorkerProps extends StreamMappingProps {
  /** The stream to read; its workload is what the worker is sized for. */
  readonly stream: KinesisEventStream;

  /**
   * Whether the worker reads through a connection of its own (enhanced fan-out) instead of sharing each shard's reads.
   *
   * @default - derived from the workload's latency target
   */
  readonly enhancedFanOut?: boolean;

  /**
   * How long the mapping gathers records for a batch, 0 to 300 seconds.
   *
   * @default - derived from the workload
   */
  readonly batchingWindow?: Duration;

  /**
   * Batches of one shard that are worked on at once, 1 to 10. Must be 1 for a stream of aggregated records, where lanes do not work.
   *
   * @default - derived from the workload: 1 with aggregation
   */
  readonly parallelizationFactor?: number;

  /**
   * Age at which a record is given up and goes to the failure bucket, 60 seconds to 7 days. Must be less than the stream's retention:
   * a record that expires first is lost without a trace.
   *
   * @default - derived from the stream's retention
   */
  readonly maximumRecordAge?: Duration;
}

/**
 * A Lambda function that reads a Kinesis stream so that nothing valid is lost and nothing poisonous blocks a shard: the handler
 * reports single failures, a failing batch is split, retries end only with the record's age, and what is given up is kept in a bucket.
 */
export class StreamWorker extends Construct implements iam.IGrantable {
  /** The function with its alias and log. */
  readonly worker: WorkerFunction;
  /** The function. */
  readonly function: lambda.Function;
  /** What the mapping invokes. */
  readonly alias: lambda.Alias;
  /** The worker's own connection to the stream, with enhanced fan-out. */
  readonly consumer?: kinesis.StreamConsumer;
  /** Batches that were given up. */
  readonly failures: FailureBucket;
  /** From the stream to the alias. */
  readonly mapping: lambda.EventSourceMapping;
  /** The function's role. */
  readonly grantPrincipal: iam.IPrincipal;
  /** The sizes in force, with every override in its place. */
  readonly sizing: StreamWorkerSizing;
  /** The sizes with their reasons, as they stand in the template's metadata. */
  readonly decisions: readonly Decision[];
  /** Alarms by name. */
  readonly alarms: AlarmSet;

  private readonly recovery: RecoverySizing;

  constructor(scope: Construct, id: string, private readonly props: StreamWorkerProps) {
    super(scope, id);
    this.requireBounds(props);
    const facts = factsFor(this, props.facts);
    const derived = sizeStreamWorker(props.stream.workload, props.stream.sizing, facts);
    this.recovery = sizeRecovery(props.stream.workload, facts);
    const fanOut = Decision.find(props.stream.decisions, 'enhancedFanOut');
    recordWorkload(this, props.stream.workload);
    const all = [...derived.decisions, ...(props.enhancedFanOut === undefined ? [] : [fanOut]), Decision.find(this.recovery.decisions, 'unsettledAlarm')];
    this.decisions = recordDecisions(this, all, {
      enhancedFanOut: props.enhancedFanOut,
      batchSize: props.batchSize,
      batchingWindow: props.batchingWindow,
      parallelizationFactor: props.parallelizationFactor,
      memory: props.memory,
      timeout: props.timeout,
      reservedConcurrency: props.reservedConcurrency,
      maximumRecordAge: props.maximumRecordAge,
    });
    this.sizing = {
      batchSize: props.batchSize ?? derived.batchSize,
      batchingWindow: props.batchingWindow ?? derived.batchingWindow,
      parallelizationFactor: props.parallelizationFactor ?? derived.parallelizationFactor,
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
    this.consumer = this.createConsumer();
    this.mapping = this.createMapping();
    this.alarms = this.createAlarms();
    this.node.addValidation({ validate: () => this.validateAgainstStream() });
  }

  /** Age of the oldest record of the last batch when it reached the handler. Milliseconds. */
  metricIteratorAge(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return iteratorAge(this.worker, options);
  }

  /** Batches that were given up and could not be written to the failure bucket. */
  metricDestinationDeliveryFailures(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return destinationDeliveryFailures(this.worker, options);
  }

  private requireBounds(props: StreamWorkerProps): void {
    requireFunctionBounds(props, LIMITS.mapping.streamBatchSize);
    requireDurationBetween('batchingWindow', props.batchingWindow, Duration.seconds(0), LIMITS.mapping.batchingWindow);
    requireIntegerBetween('parallelizationFactor', props.parallelizationFactor, 1, LIMITS.mapping.parallelizationFactor);
    requireIntegerBetween('reservedConcurrency', props.reservedConcurrency, 1, Number.MAX_SAFE_INTEGER);
    requireDurationBetween('maximumRecordAge', props.maximumRecordAge, LIMITS.mapping.recordAge.minimum, LIMITS.mapping.recordAge.maximum);
  }

  private createConsumer(): kinesis.StreamConsumer | undefined {
    if (!(this.props.enhancedFanOut ?? this.props.stream.sizing.enhancedFanOut)) {
      return undefined;
    }
    return new kinesis.StreamConsumer(this, 'Consumer', {
      stream: this.props.stream.stream,
      streamConsumerName: Names.uniqueResourceName(this, { separator: '-', maxLength: 128 }),
    });
  }

  private createMapping(): lambda.EventSourceMapping {
    const source = this.consumer ?? this.props.stream.stream;
    source.grantRead(this);
    return createStreamMapping(this, 'Mapping', this.worker, {
      eventSourceArn: this.consumer?.streamConsumerArn ?? this.props.stream.stream.streamArn,
      batchSize: this.sizing.batchSize,
      maxBatchingWindow: this.sizing.batchingWindow,
      parallelizationFactor: this.sizing.parallelizationFactor,
      maxRecordAge: this.sizing.maximumRecordAge,
      onFailure: this.failures,
      ...this.props.mappingOptions,
    });
  }

  private createAlarms(): AlarmSet {
    const lateAfter = Duration.millis(this.sizing.maximumRecordAge.toMilliseconds() * DEFAULTS.alarm.shareOfRecordAge);
    const alarms = createStreamAlarms(this, this.props, this.worker, lateAfter, 'The worker is so far behind that records are on their way to be given up.');
    alarms.add('Unsettled', {
      metric: this.metricIteratorAge(),
      description: 'What was accepted is not settled: more would be lost with the region than the recovery tier allows.',
      threshold: this.recovery.unsettledAlarm.toMilliseconds(),
    });
    return alarms;
  }

  private validateAgainstStream(): string[] {
    const { stream, mappingOptions, functionOptions } = this.props;
    // What CDK's own options changed counts as well.
    const parallelizationFactor = mappingOptions?.parallelizationFactor ?? this.sizing.parallelizationFactor;
    const maximumRecordAge = mappingOptions?.maxRecordAge ?? this.sizing.maximumRecordAge;
    const reservedConcurrency = functionOptions?.reservedConcurrentExecutions ?? this.sizing.reservedConcurrency;
    const errors: string[] = [];
    const age = maximumRecordAge.toSeconds();
    const retention = stream.sizing.retention.toSeconds();
    if (age >= retention) {
      errors.push(`\`maximumRecordAge\` must be less than the stream's retention of ${retention} seconds, got: ${age}`);
    }
    if (parallelizationFactor > 1 && stream.sizing.aggregation.paymentsPerRecord > 1) {
      errors.push(`\`parallelizationFactor\` must be 1 for a stream of aggregated records, got: ${parallelizationFactor}`);
    }
    const lanes = stream.sizing.shards * parallelizationFactor;
    if (!Token.isUnresolved(lanes) && reservedConcurrency < lanes) {
      errors.push(`\`reservedConcurrency\` must be at least shards x parallelization factor = ${lanes}, got: ${reservedConcurrency}`);
    }
    return errors;
  }
}
