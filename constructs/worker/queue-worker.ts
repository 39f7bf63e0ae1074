import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type Decision, type QueueWorkerSizing, sizeQueueWorker } from '../../lib/sizing';
import type { Workload } from '../../lib/workload';
import { DEFAULTS } from '../defaults';
import { factsFor, LIMITS } from '../limits';
import { ALARM_PERIOD, AlarmSet } from '../observability/alarm-set';
import { customerKey } from '../security/customer-key';
import { DataClass } from '../security/data-class';
import { recordDecisions, recordWorkload } from '../sizing-metadata';
import { requireDurationBetween, requireIntegerBetween } from '../validation';
import { requireFunctionBounds } from './function-bounds';
import { WorkerFunction } from './worker-function';
import type { WorkerProps } from './worker-props';

/** Properties of `QueueWorker`. */
export interface QueueWorkerProps extends WorkerProps {
  /** What the queue must carry; in a system of several cells, the share of one cell. */
  readonly workload: Workload;

  /**
   * How long a message is hidden after it was sent, 0 to 15 minutes.
   *
   * @default - derived from the workload
   */
  readonly delay?: Duration;

  /**
   * How long a message is hidden after it was received, up to 12 hours. At least six times the function's timeout and the batching
   * window, else a message that is still worked on is handed out again.
   *
   * @default - derived from the workload, and longer where a timeout or window set by hand asks for it
   */
  readonly visibilityTimeout?: Duration;

  /**
   * How long the mapping gathers messages for a batch, 0 to 300 seconds.
   *
   * @default - 1 second for batches above 10 messages, where SQS asks for it, else 0
   */
  readonly batchingWindow?: Duration;

  /**
   * Invocations that may run at once, 2 to 1000.
   *
   * @default - derived from the workload
   */
  readonly maximumConcurrency?: number;

  /**
   * How often a message is received before it goes to the dead-letter queue, 1 to 1000.
   *
   * @default - derived: often enough that no outage of a dependency gives valid messages up
   */
  readonly maximumReceives?: number;

  /**
   * How long a message is kept, 1 minute to 14 days. The dead-letter queue keeps it for 14 days, counted from when it was first sent.
   *
   * @default Duration.days(7)
   */
  readonly retention?: Duration;

  /**
   * Age of the oldest message that calls for attention.
   *
   * @default - four times the delay, at least one hour
   */
  readonly lateAfter?: Duration;

  /**
   * Key of the messages.
   *
   * @default - a new customer managed key
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * Properties of CDK's own queue, laid over what this construct decides.
   *
   * @default - none
   */
  readonly queueProps?: sqs.QueueProps;
}

/** An SQS queue with a dead-letter queue, and a Lambda function that works on it and reports single failures. */
export class QueueWorker extends Construct implements iam.IGrantable {
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
    this.worker = WorkerFunction.create(this, props, this.sizing, this.sizing.maximumConcurrency);
    this.function = this.worker.function;
    this.alias = this.worker.alias;
    this.grantPrincipal = this.worker.grantPrincipal;
    this.mapping = this.createMapping();
    this.alarms = this.createAlarms();
    this.node.addValidation({ validate: () => [...this.validateWindow(), ...this.validateVisibility()] });
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

  private requireBounds(props: QueueWorkerProps): void {
    requireFunctionBounds(props, LIMITS.mapping.queueBatchSize);
    requireDurationBetween('delay', props.delay, Duration.seconds(0), LIMITS.queue.delay);
    requireDurationBetween('visibilityTimeout', props.visibilityTimeout, Duration.seconds(0), LIMITS.queue.visibilityTimeout);
    requireDurationBetween('batchingWindow', props.batchingWindow, Duration.seconds(0), LIMITS.mapping.batchingWindow);
    requireDurationBetween('retention', props.retention, LIMITS.queue.shortestRetention, LIMITS.queue.retention);
    const { minimum, maximum } = LIMITS.mapping.queueConcurrency;
    requireIntegerBetween('maximumConcurrency', props.maximumConcurrency, minimum, maximum);
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
    mapping.node.addDependency(this.worker);
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
}
