import { Duration, type RemovalPolicy, TimeZone, Validations } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as targets from 'aws-cdk-lib/aws-scheduler-targets';
import type * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import * as tasks from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import { DEFAULTS } from '../defaults';
import { LIMITS } from '../limits';
import { HANDLER_METRICS } from '../observability/handler-metrics';
import { OperationsLog } from '../observability/operations-log';
import { scheduleRole } from '../worker/schedule-role';

/** What the price of a million payments is computed from. */
export interface UnitCostAlarmProps {
  /** Tag by which Cost Explorer finds the cost of a day. */
  readonly tagKey: string;
  readonly tagValue: string;
  /** Metric math that gives the payments of a day, as `UnitCostOptions` has it. */
  readonly payments: string;
  /** US dollars of a million payments above which somebody is told. */
  readonly limit: number;
  /** Who is told. Its policy must let CloudWatch publish. */
  readonly topic: sns.ITopic;
  /** Key of log and queue. */
  readonly encryptionKey: kms.IKey;
  readonly removalPolicy: RemovalPolicy;
}

const METRIC = 'CostPerMillionPayments';
const DIMENSION = 'Application';
const MILLION = 1_000_000;
const DAY = Duration.days(1);

/**
 * What a million payments cost, as it was billed: once a day a workflow asks Cost Explorer for a day that is over and counted, CloudWatch for its
 * payments, and publishes the ratio. It runs no code of ours: each step is a call of a service.
 *
 * A total that grows with the payments is no news; one that grows without them is.
 */
export class UnitCostAlarm extends Construct {
  /** US dollars of a million payments, once a day. */
  readonly metric: cloudwatch.Metric;
  readonly alarm: cloudwatch.Alarm;
  /** Tells that the price of a day was not computed: without it a watch that has stopped looks like a price that holds. */
  readonly notComputed: cloudwatch.Alarm;
  readonly workflow: sfn.StateMachine;

  constructor(scope: Construct, id: string, private readonly props: UnitCostAlarmProps) {
    super(scope, id);
    this.metric = new cloudwatch.Metric({
      namespace: HANDLER_METRICS.namespace, metricName: METRIC, dimensionsMap: { [DIMENSION]: props.tagValue }, statistic: 'Maximum', period: Duration.days(1),
    });
    this.workflow = this.createWorkflow();
    this.alarm = new cloudwatch.Alarm(this, 'Alarm', {
      metric: this.metric,
      alarmDescription: `A million payments cost more than $${props.limit}.`,
      threshold: props.limit,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: 1,
      // A day without payments publishes nothing.
      treatMissingData: cloudwatch.TreatMissingData.IGNORE,
    });
    this.alarm.addAlarmAction(new actions.SnsAction(props.topic));
    Validations.of(this.alarm).acknowledge({
      id: 'HighThroughput::HT-ALARM-011', reason: 'what a day costs is known two days later; nothing is down, and a budget tells of the total',
    });
    this.notComputed = this.createNotComputed(this.createSchedule());
  }

  private createWorkflow(): sfn.StateMachine {
    const { encryptionKey, removalPolicy } = this.props;
    const definition = this.cost()
      .next(this.payments())
      .next(sfn.Choice.jsonata(this, 'WerePayments')
        .when(sfn.Condition.jsonata('{% $payments > 0 %}'), this.publish())
        .otherwise(sfn.Succeed.jsonata(this, 'NoPayments')));
    return new sfn.StateMachine(this, 'Workflow', {
      definitionBody: sfn.DefinitionBody.fromChainable(definition),
      queryLanguage: sfn.QueryLanguage.JSONATA,
      timeout: DEFAULTS.cost.unitCostTimeout,
      tracingEnabled: true,
      removalPolicy,
      logs: {
        destination: new OperationsLog(this, 'Log', { encryptionKey, removalPolicy }),
        level: sfn.LogLevel.ERROR,
      },
    });
  }

  /** What the day before yesterday cost: Cost Explorer has all of a day about a day after it. */
  private cost(): tasks.CallAwsService {
    const { tagKey, tagValue } = this.props;
    return this.call('Cost', 'costexplorer', 'getCostAndUsage', 'ce:GetCostAndUsage', {
      TimePeriod: { Start: `{% ${dayBefore(2)} %}`, End: `{% ${dayBefore(1)} %}` },
      Granularity: 'DAILY',
      Metrics: ['UnblendedCost'],
      Filter: { Tags: { Key: tagKey, Values: [tagValue] } },
    }, { cost: '{% $number($states.result.ResultsByTime[0].Total.UnblendedCost.Amount) %}' });
  }

  private payments(): tasks.CallAwsService {
    return this.call('Payments', 'cloudwatch', 'getMetricData', 'cloudwatch:GetMetricData', {
      StartTime: `{% ${dayBefore(2)} & 'T00:00:00Z' %}`,
      EndTime: `{% ${dayBefore(1)} & 'T00:00:00Z' %}`,
      MetricDataQueries: [{ Id: 'payments', Expression: this.props.payments, Period: DAY.toSeconds() }],
    }, { payments: '{% $sum([$states.result.MetricDataResults.Values]) %}' });
  }

  private publish(): tasks.CallAwsService {
    return this.call('Publish', 'cloudwatch', 'putMetricData', 'cloudwatch:PutMetricData', {
      Namespace: HANDLER_METRICS.namespace,
      MetricData: [{
        MetricName: METRIC, Dimensions: [{ Name: DIMENSION, Value: this.props.tagValue }], Value: `{% $cost / $payments * ${MILLION} %}`,
      }],
    });
  }

  /** One call of a service, tried again where it fails: it changes nothing that a second one would change again. */
  private call(
    id: string, service: string, action: string, iamAction: string, parameters: object, assign?: Record<string, string>,
  ): tasks.CallAwsService {
    const task = tasks.CallAwsService.jsonata(this, id, {
      service,
      action,
      parameters: parameters as Record<string, unknown>,
      // Neither service knows permissions for a part of what it has.
      iamAction,
      iamResources: ['*'],
      assign,
      taskTimeout: sfn.Timeout.duration(DEFAULTS.cost.unitCostCallTimeout),
    });
    task.addRetry({ interval: Duration.minutes(1) });
    return task;
  }

  /** @returns where the starts go that could not be made */
  private createSchedule(): sqs.Queue {
    const { encryptionKey, removalPolicy } = this.props;
    const missed = new sqs.Queue(this, 'Missed', {
      encryptionMasterKey: encryptionKey, enforceSSL: true, retentionPeriod: LIMITS.queue.retention, removalPolicy,
    });
    new scheduler.Schedule(this, 'Daily', {
      schedule: scheduler.ScheduleExpression.cron({ minute: '0', hour: String(DEFAULTS.cost.unitCostHour), timeZone: TimeZone.ETC_UTC }),
      target: new targets.StepFunctionsStartExecution(this.workflow, {
        role: scheduleRole(this, 'ScheduleRole', encryptionKey),
        deadLetterQueue: missed,
      }),
    });
    return missed;
  }

  private createNotComputed(missed: sqs.Queue): cloudwatch.Alarm {
    const period = { period: DAY, statistic: 'Sum' };
    const alarm = new cloudwatch.Alarm(this, 'NotComputed', {
      metric: new cloudwatch.MathExpression({
        label: 'Days without a price', expression: 'FILL(failed, 0) + FILL(timedOut, 0) + FILL(missed, 0)', period: DAY,
        usingMetrics: {
          failed: this.workflow.metricFailed(period), timedOut: this.workflow.metricTimedOut(period),
          missed: missed.metricApproximateNumberOfMessagesVisible({ period: DAY, statistic: 'Maximum' }),
        },
      }),
      alarmDescription: 'What a million payments cost was not computed: the workflow failed, or was not started.',
      threshold: 0,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(new actions.SnsAction(this.props.topic));
    Validations.of(alarm).acknowledge({
      id: 'HighThroughput::HT-ALARM-011', reason: 'a price that comes a day late harms nobody; nothing is down, and a budget tells of the total',
    });
    return alarm;
  }
}

/** A day so many days ago, as Cost Explorer writes it, in JSONata. */
function dayBefore(days: number): string {
  return `$fromMillis($millis() - ${days * DAY.toMilliseconds()}, '[Y0001]-[M01]-[D01]')`;
}
