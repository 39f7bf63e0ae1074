import { type RemovalPolicy } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as events from 'aws-cdk-lib/aws-events';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { DEFAULTS } from '../defaults';
import { LIMITS } from '../limits';
import { ALARM_PERIOD, type AlarmSet } from '../observability/alarm-set';
import { requireDurationBetween, requireIntegerBetween } from '../validation';
import type { FanoutSelection } from './event-bus-fanout-props';
import type { FanoutPermissions } from './fanout-permissions';

/** Properties of `FanoutTarget`. */
export interface FanoutTargetProps {
  /** Name of the target, which its rule and its alarms have. */
  readonly name: string;
  /** The bus. */
  readonly eventBus: events.IEventBus;
  /** Which events the target gets, and how often they are tried. */
  readonly selection: FanoutSelection;
  /** What gets the events. */
  readonly targetArn: string;
  /** Role that delivers them; for another bus only. @default - the service by itself */
  readonly role?: iam.IRole;
  /** Key of the dead letters. */
  readonly encryptionKey: kms.IKey;
  /** What becomes of the dead letters when the stack goes. */
  readonly removalPolicy: RemovalPolicy;
  /** What the rules of the bus may do. */
  readonly permissions: FanoutPermissions;
}

/** One reader of a bus: a rule, its retries, and where events end that could not be delivered. */
export class FanoutTarget extends Construct {
  /** Name of the target. */
  readonly name: string;
  /** Picks the events. */
  readonly rule: events.Rule;
  /** Where events end that could not be delivered. */
  readonly deadLetterQueue: sqs.Queue;

  private readonly eventBusName: string;

  constructor(scope: Construct, id: string, props: FanoutTargetProps) {
    super(scope, id);
    const { detail, detailTypes, maximumEventAge, maximumRetries, sources } = props.selection;
    requireDurationBetween('maximumEventAge', maximumEventAge, LIMITS.eventBus.eventAge.minimum, LIMITS.eventBus.eventAge.maximum);
    requireIntegerBetween('maximumRetries', maximumRetries, 0, LIMITS.eventBus.retries);
    if (detailTypes.length === 0) {
      throw new Error('`detailTypes` must name at least one type of event, got: none');
    }
    this.name = props.name;
    this.eventBusName = props.eventBus.eventBusName;
    this.deadLetterQueue = new sqs.Queue(this, 'DeadLetters', {
      encryption: sqs.QueueEncryption.KMS,
      encryptionMasterKey: props.encryptionKey,
      dataKeyReuse: DEFAULTS.queue.dataKeyReuse,
      enforceSSL: true,
      retentionPeriod: LIMITS.queue.retention,
      removalPolicy: props.removalPolicy,
    });
    props.permissions.allowSend(this.deadLetterQueue);
    this.rule = new events.Rule(this, 'Rule', {
      // Stated, because CloudWatch knows the rule by its bare name, and CloudFormation by that of its bus as well.
      ruleName: props.name,
      eventBus: props.eventBus,
      eventPattern: { detailType: detailTypes, source: sources, detail },
      targets: [{
        bind: () => ({
          arn: props.targetArn,
          role: props.role,
          deadLetterConfig: { arn: this.deadLetterQueue.queueArn },
          retryPolicy: {
            maximumEventAgeInSeconds: (maximumEventAge ?? DEFAULTS.fanout.eventAge).toSeconds(),
            maximumRetryAttempts: maximumRetries ?? LIMITS.eventBus.retries,
          },
        }),
      }],
    });
  }

  /** A metric of the rule, by its CloudWatch name. */
  metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: 'AWS/Events',
      metricName,
      dimensionsMap: { EventBusName: this.eventBusName, RuleName: this.name },
      statistic: 'Sum',
      period: ALARM_PERIOD,
      ...options,
    });
  }

  /** Events that could not be delivered and wait to be looked at. */
  metricDeadLetters(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.deadLetterQueue.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum', period: ALARM_PERIOD, ...options });
  }

  /** Adds the alarms of the target: `<Target>Failed`, `<Target>DeadLetters` and `<Target>Undelivered`. */
  addAlarms(alarms: AlarmSet): void {
    alarms.add(`${this.name}Failed`, {
      metric: this.metric('FailedInvocations'),
      description: `${this.name} did not take events, however often they were tried: a wrong permission, or a target that is gone.`,
      threshold: 0,
      evaluationPeriods: 1,
    });
    alarms.add(`${this.name}DeadLetters`, {
      metric: this.metricDeadLetters(),
      description: `Events for ${this.name} wait in its dead-letter queue for somebody to look at them.`,
      threshold: 0,
      evaluationPeriods: 1,
    });
    alarms.add(`${this.name}Undelivered`, {
      metric: this.metric('InvocationsFailedToBeSentToDlq'),
      description: `An event for ${this.name} could not be kept either: it is lost to this target, until it is replayed.`,
      threshold: 0,
      evaluationPeriods: 1,
    });
  }
}
