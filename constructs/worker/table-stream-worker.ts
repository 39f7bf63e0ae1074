import { Duration } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { Decision, TableStreamSizing } from '../../lib/sizing';
import type { Workload } from '../../lib/workload';
import { DEFAULTS } from '../defaults';
import { factsFor, LIMITS } from '../limits';
import type { AlarmSet } from '../observability/alarm-set';
import { recordDecisions, recordWorkload } from '../sizing-metadata';
import type { ShardedTable } from '../table/sharded-table';
import { requireDurationBetween, requireIntegerBetween } from '../validation';
import type { FailureBucket } from './failure-bucket';
import { requireFunctionBounds } from './function-bounds';
import type { Rollout } from './rollout';
import { createFailureBucket, createStreamAlarms, createStreamMapping, destinationDeliveryFailures, iteratorAge, STREAM_GUARDS } from './stream-mapping';
import type { StreamMappingProps } from './stream-mapping-props';
import { TableStreamPurpose } from './table-stream-purpose';
import { WorkerFunction } from './worker-function';

/** Properties of `TableStreamWorker`. */
export interface TableStreamWorkerProps extends StreamMappingProps {
  /** The workload whose writes make the changes. Takes the whole workload where cells share the table. */
  readonly workload: Workload;

  /** The table whose changes are read; it must have a change stream. */
  readonly table: ShardedTable;

  /**
   * What the function makes of the changes.
   *
   * @default TableStreamPurpose.PROJECTION
   */
  readonly purpose?: TableStreamPurpose;

  /**
   * Kinds of change that reach the handler: INSERT, MODIFY, REMOVE.
   *
   * @default ['INSERT']
   */
  readonly eventNames?: string[];

  /**
   * How long the mapping gathers changes for a batch, at least 1 second, at most 5 for a projection and 60 for an archive: what makes many
   * changes into one write.
   *
   * @default - derived from the workload
   */
  readonly batchingWindow?: Duration;

  /**
   * Tumbling window, 1 to 900 seconds. It is there because only with one does an event name its shard; the handler keeps no effect in
   * the window's state.
   *
   * @default - derived from the workload
   */
  readonly tumblingWindow?: Duration;

  /**
   * Age at which a change is given up and goes to the failure bucket, at least 60 seconds. Must be less than the 24 hours for which a
   * table's stream keeps it.
   *
   * @default Duration.hours(22)
   */
  readonly maximumRecordAge?: Duration;

  /**
   * Age of the oldest change that calls for attention.
   *
   * @default Duration.hours(6)
   */
  readonly lateAfter?: Duration;
}

const EVENT_NAMES = ['INSERT', 'MODIFY', 'REMOVE'];

/** DynamoDB throttles a stream that more functions read. */
const MOST_READERS = LIMITS.table.streamReaders;

/**
 * A Lambda function that follows a table through its change streams, one mapping for each table: a projection that is kept up to date, or an
 * archive. A stream has room for two of them.
 *
 * A shard is worked on by one invocation at a time, so that what is kept of a shard has one writer; large batches and a batching window merge
 * many changes into few writes.
 */
export class TableStreamWorker extends Construct implements iam.IGrantable, ec2.IConnectable {
  /** The function with its alias and log. */
  readonly worker: WorkerFunction;
  /** The function. */
  readonly function: lambda.Function;
  /** What the mappings invoke. */
  readonly alias: lambda.Alias;
  /** Batches that were given up. */
  readonly failures: FailureBucket;
  /** From each table's stream to the alias, in the order of the tables. */
  readonly mappings: readonly lambda.EventSourceMapping[];
  /** Lets new versions take over step by step; undefined where it is switched off. */
  readonly rollout?: Rollout;
  /** The function's role. */
  readonly grantPrincipal: iam.IPrincipal;
  /** The sizes in force, with every override in its place. */
  readonly sizing: TableStreamSizing;
  /** Age at which a change is given up. */
  readonly maximumRecordAge: Duration;
  /** The sizes with their reasons, as they stand in the template's metadata. */
  readonly decisions: readonly Decision[];
  /** Alarms by name. */
  readonly alarms: AlarmSet;

  constructor(scope: Construct, id: string, private readonly props: TableStreamWorkerProps) {
    super(scope, id);
    this.requireBounds(props);
    const facts = factsFor(this, props.facts);
    const derived = (props.purpose ?? TableStreamPurpose.PROJECTION).size(props.workload, facts);
    recordWorkload(this, props.workload);
    this.decisions = recordDecisions(this, derived.decisions, {
      batchSize: props.batchSize,
      batchingWindow: props.batchingWindow,
      tumblingWindow: props.tumblingWindow,
      memory: props.memory,
      timeout: props.timeout,
      reservedConcurrency: props.reservedConcurrency,
    });
    this.sizing = {
      ...derived,
      batchSize: props.batchSize ?? derived.batchSize,
      batchingWindow: props.batchingWindow ?? derived.batchingWindow,
      tumblingWindow: props.tumblingWindow ?? derived.tumblingWindow,
      memory: props.memory ?? derived.memory,
      timeout: props.timeout ?? derived.timeout,
      reservedConcurrency: props.reservedConcurrency ?? derived.reservedConcurrency,
      decisions: [...this.decisions],
    };
    this.maximumRecordAge = props.maximumRecordAge ?? DEFAULTS.tableStream.recordAge;

    this.worker = WorkerFunction.create(this, props, this.sizing, this.sizing.reservedConcurrency);
    this.function = this.worker.function;
    this.alias = this.worker.alias;
    this.grantPrincipal = this.worker.grantPrincipal;
    this.failures = createFailureBucket(this, props, props.table.encryptionKey);
    props.table.grantStreamRead(this);
    this.mappings = props.table.streamArns.map((streamArn, index) => this.createMapping(streamArn, index));
    this.alarms = this.createAlarms();
    this.rollout = this.worker.addRollout(this.alarms, STREAM_GUARDS, props.rollout);
    this.node.addValidation({ validate: () => this.validateMapping() });
  }

  /**
   * Whom the function may reach, and who it.
   *
   * @throws Error for a worker that is in no network.
   */
  get connections(): ec2.Connections {
    return this.worker.connections;
  }

  /** Age of the oldest change of the last batch when it reached the handler. Milliseconds. */
  metricIteratorAge(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return iteratorAge(this.worker, options);
  }

  /** Batches that were given up and could not be written to the failure bucket. */
  metricDestinationDeliveryFailures(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return destinationDeliveryFailures(this.worker, options);
  }

  private requireBounds(props: TableStreamWorkerProps): void {
    requireFunctionBounds(props, LIMITS.mapping.streamBatchSize);
    requireDurationBetween('batchingWindow', props.batchingWindow, Duration.seconds(1), (props.purpose ?? TableStreamPurpose.PROJECTION).longestBatchingWindow);
    requireDurationBetween('tumblingWindow', props.tumblingWindow, Duration.seconds(1), LIMITS.mapping.tumblingWindow);
    requireIntegerBetween('reservedConcurrency', props.reservedConcurrency, 1, Number.MAX_SAFE_INTEGER);
    requireDurationBetween('maximumRecordAge', props.maximumRecordAge, LIMITS.mapping.recordAge.minimum, LIMITS.mapping.recordAge.maximum);
    for (const eventName of props.eventNames ?? []) {
      if (!EVENT_NAMES.includes(eventName)) {
        throw new Error(`\`eventNames\` must be among ${EVENT_NAMES.join(', ')}, got: ${eventName}`);
      }
    }
  }

  private createMapping(eventSourceArn: string, index: number): lambda.EventSourceMapping {
    return createStreamMapping(this, `Mapping${index}`, this.worker, {
      eventSourceArn,
      batchSize: this.sizing.batchSize,
      maxBatchingWindow: this.sizing.batchingWindow,
      tumblingWindow: this.sizing.tumblingWindow,
      parallelizationFactor: 1,
      filters: [lambda.FilterCriteria.filter({ eventName: lambda.FilterRule.or(...(this.props.eventNames ?? ['INSERT'])) })],
      maxRecordAge: this.maximumRecordAge,
      onFailure: this.failures,
      ...this.props.mappingOptions,
    });
  }

  private createAlarms(): AlarmSet {
    const late = 'The worker is so far behind that changes are on their way to expire: a table stream keeps them for a day only.';
    const lateAfter = this.props.lateAfter ?? DEFAULTS.tableStream.lateAfter;
    return createStreamAlarms(this, this.props, this.worker, { mappings: this.mappings, age: iteratorAge(this.worker), lateAfter, late });
  }

  private validateMapping(): string[] {
    const errors: string[] = [];
    const lanes = this.props.mappingOptions?.parallelizationFactor ?? 1;
    if (lanes > 1) {
      errors.push(`\`parallelizationFactor\` must be 1 where a shard has one writer, got: ${lanes}`);
    }
    const age = (this.props.mappingOptions?.maxRecordAge ?? this.maximumRecordAge).toSeconds();
    const retention = LIMITS.table.streamRetention.toSeconds();
    if (age >= retention) {
      errors.push(`\`maximumRecordAge\` must be less than the ${retention} seconds that a table's stream keeps changes, got: ${age}`);
    }
    const readers = this.node.root.node.findAll().filter((it) => it instanceof TableStreamWorker && it.props.table === this.props.table).length;
    if (readers > MOST_READERS) {
      errors.push(`\`table\` must have at most ${MOST_READERS} readers of its change streams, got: ${readers}`);
    }
    return errors;
  }
}
