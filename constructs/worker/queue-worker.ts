import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type Decision, type QueueWorkerSizing, sizeQueueWorker } from '../../lib/sizing';
import { DEFAULTS } from '../defaults';
import { factsFor, LIMITS } from '../limits';
import { ALARM_PERIOD, AlarmSet } from '../observability/alarm-set';
import { parkedRate } from '../observability/handler-metrics';
import { customerKey } from '../security/customer-key';
import { DataClass } from '../security/data-class';
import { recordDecisions, recordWorkload } from '../sizing-metadata';
import { requireDurationBetween, requireIntegerBetween } from '../validation';
import { requireFunctionBounds } from './function-bounds';
import type { QueueWorkerProps } from './queue-worker-props';
import type { Rollout } from './rollout';
import { WorkerFunction } from './worker-function';

/** An SQS queue with a dead-letter queue, and a Lambda function that works on it and reports single failures. */
export class QueueWorker extends Construct implements iam.IGrantable, ec2.IConnectable {
  /** The queue. */
  readonly queue: sqs.Queue;
  /** Where messages end that can never succeed. */
  readonly deadLetterQueue: sqs.Queue;
  /** Key of the messages. */
  readonly encryptionKey: kms.IKey;
  /** The function with its alias and log. */
  readonly worker: WorkerFunction;
  /** The function. */
  readonly function: lambda.Function;
  /** What the mapping invokes. */
  readonly alias: lambda.Alias;
  /** From the queue to the alias. */
  readonly mapping: lambda.EventSourceMapping;
  /** Lets new versions take over step by step; undefined where it is switched off. */
  readonly rollout?: Rollout;
  /** The function's role. */
  readonly grantPrincipal: iam.IPrincipal;
  /** The sizes in force, with every override in its place. */
  readonly sizing: QueueWorkerSizing;
  /** The sizes with their reasons, as they stand in the template's metadata. */
  readonly decisions: readonly Decision[];
  /** Alarms by name. */
  readonly alarms: AlarmSet;

  private readonly batchingWindow: Duration;

  constructor(scope: Construct, id: string, private readonly props: QueueWorkerProps) {
    super(scope, id);
    this.requireBounds(props);
    const derived = sizeQueueWorker(props.workload, factsFor(this, props.facts));
    const batchSize = props.batchSize ?? derived.batchSize;
    this.batchingWindow = props.batchingWindow ?? Duration.seconds(batchSize > LIMITS.mapping.unwindowedQueueBatch ? 1 : 0);
    const visibilityTimeout = props.visibilityTimeout ?? this.longerVisibility(props.timeout ?? derived.timeout, derived.visibilityTimeout);
    recordWorkload(this, props.workload);
    this.decisions = recordDecisions(this, derived.decisions, {
      batchSize: props.batchSize,
      delay: props.delay,
      visibilityTimeout,
      maximumConcurrency: props.maximumConcurrency,
      memory: props.memory,
      timeout: props.timeout,
      maximumReceives: props.maximumReceives,
    });
    this.sizing = {
      batchSize,
      delay: props.delay ?? derived.delay,
      visibilityTimeout: visibilityTimeout ?? derived.visibilityTimeout,
      maximumConcurrency: props.maximumConcurrency ?? derived.maximumConcurrency,
      memory: props.memory ?? derived.memory,
      timeout: props.timeout ?? derived.timeout,
      maximumReceives: props.maximumReceives ?? derived.maximumReceives,
      decisions: [...this.decisions],
    };

    this.encryptionKey = customerKey(this, 'Keys', DataClass.EVENTS, props.encryptionKey, props.removalPolicy);
    this.deadLetterQueue = this.createDeadLetterQueue();
    this.queue = this.createQueue();
    // As many as the mapping may start: fewer would refuse messages that were already received.
    this.worker = WorkerFunction.create(this, props, this.sizing, props.reservedConcurrency ?? this.sizing.maximumConcurrency);
    this.function = this.worker.function;
    this.alias = this.worker.alias;
    this.grantPrincipal = this.worker.grantPrincipal;
    this.mapping = this.createMapping();
    this.alarms = this.createAlarms();
    this.rollout = this.worker.addRollout(this.alarms, GUARDS, props.rollout);
    this.node.addValidation({ validate: () => [...this.validateWindow(), ...this.validateVisibility(), ...this.validateReservation()] });
  }

  /**
   * Whom the function may reach, and who it.
   *
   * @throws Error for a worker that is in no network.
   */
  get connections(): ec2.Connections {
    return this.worker.connections;
  }

  /** Lets the grantee send messages to the queue. */
  grantSend(grantee: iam.IGrantable): iam.Grant {
    return this.queue.grantSendMessages(grantee);
  }

  /** Age of the oldest message that was not deleted. Seconds. */
  metricOldestMessage(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.queue.metricApproximateAgeOfOldestMessage({ statistic: 'Maximum', period: ALARM_PERIOD, ...options });
  }

  /** Messages in the dead-letter queue. */
  metricDeadLetters(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.deadLetterQueue.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum', period: ALARM_PERIOD, ...options });
  }

  /** Share of the messages that the handler could only put aside. Percent. */
  metricParkedRate(): cloudwatch.IMetric {
    return parkedRate(this.function);
  }

  private requireBounds(props: QueueWorkerProps): void {
    requireFunctionBounds(props, LIMITS.mapping.queueBatchSize);
    requireDurationBetween('delay', props.delay, Duration.seconds(0), LIMITS.queue.delay);
    requireDurationBetween('visibilityTimeout', props.visibilityTimeout, Duration.seconds(0), LIMITS.queue.visibilityTimeout);
    requireDurationBetween('batchingWindow', props.batchingWindow, Duration.seconds(0), LIMITS.mapping.batchingWindow);
    requireDurationBetween('retention', props.retention, LIMITS.queue.shortestRetention, LIMITS.queue.retention);
    const { minimum, maximum } = LIMITS.mapping.queueConcurrency;
    requireIntegerBetween('maximumConcurrency', props.maximumConcurrency, minimum, maximum);
    requireIntegerBetween('reservedConcurrency', props.reservedConcurrency, 1, Number.MAX_SAFE_INTEGER);
    requireIntegerBetween('maximumReceives', props.maximumReceives, 1, LIMITS.queue.maximumReceives);
  }

  private createDeadLetterQueue(): sqs.Queue {
    return new sqs.Queue(this, 'DeadLetters', {
      encryption: sqs.QueueEncryption.KMS,
      encryptionMasterKey: this.encryptionKey,
      enforceSSL: true,
      retentionPeriod: LIMITS.queue.retention,
      removalPolicy: this.props.removalPolicy ?? RemovalPolicy.RETAIN,
    });
  }

  private createQueue(): sqs.Queue {
    return new sqs.Queue(this, 'Queue', {
      encryption: sqs.QueueEncryption.KMS,
      encryptionMasterKey: this.encryptionKey,
      dataKeyReuse: DEFAULTS.queue.dataKeyReuse,
      enforceSSL: true,
      retentionPeriod: this.props.retention ?? DEFAULTS.queue.retention,
      deliveryDelay: this.sizing.delay,
      visibilityTimeout: this.sizing.visibilityTimeout,
      deadLetterQueue: { queue: this.deadLetterQueue, maxReceiveCount: this.sizing.maximumReceives },
      removalPolicy: this.props.removalPolicy ?? RemovalPolicy.RETAIN,
      ...this.props.queueProps,
    });
  }

  private createMapping(): lambda.EventSourceMapping {
    this.queue.grantConsumeMessages(this);
    const mapping = new lambda.EventSourceMapping(this, 'Mapping', {
      target: this.alias,
      eventSourceArn: this.queue.queueArn,
      batchSize: this.sizing.batchSize,
      maxBatchingWindow: this.batchingWindow.toSeconds() > 0 ? this.batchingWindow : undefined,
      maxConcurrency: this.sizing.maximumConcurrency,
      reportBatchItemFailures: true,
      ...this.props.mappingOptions,
    });
    mapping.node.addDependency(this.function, this.alias, this.function.role!);
    return mapping;
  }

  private createAlarms(): AlarmSet {
    const alarms = new AlarmSet(this, 'Alarms', this.props.alarms);
    const { delaysOfQueueAge, leastQueueAge } = DEFAULTS.alarm;
    const late = this.props.lateAfter ?? Duration.seconds(Math.max(delaysOfQueueAge * this.sizing.delay.toSeconds(), leastQueueAge.toSeconds()));
    alarms.add('OldestMessage', {
      metric: this.metricOldestMessage(),
      description: 'A message waits for longer than the worker needs to get round to it.',
      threshold: late.toSeconds(),
    });
    alarms.add('DeadLetters', {
      metric: this.metricDeadLetters(),
      description: 'Messages were given up and wait in the dead-letter queue for somebody to look at them.',
      threshold: 0,
      evaluationPeriods: 1,
    });
    this.worker.addAlarms(alarms);
    this.worker.addParkedAlarm(alarms);
    return alarms;
  }

  /** How long a message must at least stay hidden while it is worked on, in seconds. */
  private leastVisibility(timeout: Duration): number {
    return LIMITS.mapping.visibilityTimeoutFactor * timeout.toSeconds() + this.windowInForce.toSeconds();
  }

  /** The visibility timeout that a timeout or window set by hand asks for, where the derived one is too short for it. */
  private longerVisibility(timeout: Duration, derived: Duration): Duration | undefined {
    const least = this.leastVisibility(timeout);
    return least > derived.toSeconds() ? Duration.seconds(least) : undefined;
  }

  /** The batching window, as CDK's own options may have changed it. */
  private get windowInForce(): Duration {
    return this.props.mappingOptions?.maxBatchingWindow ?? this.batchingWindow;
  }

  private validateWindow(): string[] {
    const batchSize = this.props.mappingOptions?.batchSize ?? this.sizing.batchSize;
    const largest = LIMITS.mapping.unwindowedQueueBatch;
    const window = this.windowInForce.toSeconds();
    if (window >= 1 || batchSize <= largest) {
      return [];
    }
    const rule = `at least 1 second for batches above ${largest} messages`;
    return [`\`batchingWindow\` must be ${rule}, got: ${window} seconds for batches of ${batchSize}`];
  }

  private validateVisibility(): string[] {
    const timeout = this.props.functionOptions?.timeout ?? this.sizing.timeout;
    const visibility = this.props.queueProps?.visibilityTimeout ?? this.sizing.visibilityTimeout;
    const least = this.leastVisibility(timeout);
    if (visibility.toSeconds() >= least) {
      return [];
    }
    const rule = `${LIMITS.mapping.visibilityTimeoutFactor} x the function's timeout + the batching window = ${least} seconds`;
    return [`\`visibilityTimeout\` must be at least ${rule}, got: ${visibility.toSeconds()}`];
  }

  private validateReservation(): string[] {
    const reserved = this.props.functionOptions?.reservedConcurrentExecutions ?? this.props.reservedConcurrency;
    const started = this.props.mappingOptions?.maxConcurrency ?? this.sizing.maximumConcurrency;
    return reserved === undefined || reserved >= started ? []
      : [`\`reservedConcurrency\` must be at least the ${started} invocations that the mapping may start, got: ${reserved}`];
  }
}

/** Alarms that call a new version back. `DeadLetters` is none of them: a message gets there only after many receives. */
const GUARDS = ['Errors', 'OldestMessage', 'ParkedRate'];
