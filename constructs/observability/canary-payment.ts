import { Duration, Validations } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as targets from 'aws-cdk-lib/aws-scheduler-targets';
import { Construct } from 'constructs';
import { assetFolder } from '../assets';
import { DEFAULTS } from '../defaults';
import { LIMITS } from '../limits';
import { requireBetween, requireDurationBetween, requireIntegerBetween, requirePattern } from '../validation';
import { WorkerFunction } from '../worker/worker-function';
import { AlarmSet } from './alarm-set';
import type { CanaryPaymentProps } from './canary-payment-props';
import { handlerMetric } from './handler-metrics';

/** What the canary publishes, by the names of the runtime's `MetricName`, which a test compares. */
export const CANARY_METRICS = {
  success: 'CanarySuccess',
  acceptTime: 'CanaryAcceptTime',
  settleTime: 'CanarySettleTime',
  balanced: 'CanaryBalanced',
  retries: 'CanaryRetries',
} as const;

/**
 * Pays once a minute, the way that clients do: a scheduled function posts a test payment through the public edge, sees it settle, refunds it and
 * sees the balance come back to zero. Keys are made of the minute, so that a run that is started twice does nothing twice.
 */
export class CanaryPayment extends Construct implements iam.IGrantable, ec2.IConnectable {
  /** The function with its alias and log. */
  readonly worker: WorkerFunction;
  /** The function. */
  readonly function: lambda.Function;
  /** What the schedule invokes. */
  readonly alias: lambda.Alias;
  /** When it runs. */
  readonly schedule: scheduler.Schedule;
  /** The function's role. */
  readonly grantPrincipal: iam.IPrincipal;
  /** Time from one test payment to the next. */
  readonly every: Duration;
  /** Alarms by name. */
  readonly alarms: AlarmSet;

  constructor(scope: Construct, id: string, private readonly props: CanaryPaymentProps) {
    super(scope, id);
    this.every = props.every ?? DEFAULTS.canary.every;
    this.requireBounds();
    this.worker = this.createWorker();
    this.function = this.worker.function;
    this.alias = this.worker.alias;
    this.grantPrincipal = this.worker.grantPrincipal;
    props.credentials.grantRead(this);
    this.schedule = new scheduler.Schedule(this, 'Schedule', {
      description: 'A test payment through the public edge',
      schedule: scheduler.ScheduleExpression.rate(this.every),
      target: new targets.LambdaInvoke(this.alias, {
        input: scheduler.ScheduleTargetInput.fromObject({ scheduledTime: scheduler.ContextAttribute.scheduledTime }),
        // A minute later another run is due; one that comes late tells of a time that nobody asks about.
        maxEventAge: DEFAULTS.canary.every,
        retryAttempts: 0,
      }),
    });
    this.alarms = this.createAlarms();
  }

  /**
   * Whom the function may reach.
   *
   * @throws Error for a canary that is in no network.
   */
  get connections(): ec2.Connections {
    return this.worker.connections;
  }

  /** Share of the test payments that went through all steps, 0 to 1. */
  metricSuccess(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(CANARY_METRICS.success, { statistic: 'Average', ...options });
  }

  /** Milliseconds from the request of a test payment to its answer, as a client on the internet has them. The longest unless stated otherwise. */
  metricAcceptTime(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(CANARY_METRICS.acceptTime, { statistic: 'Maximum', ...options });
  }

  /** Milliseconds from the request of a test payment until it is seen to be settled. The longest unless stated otherwise. */
  metricSettleTime(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(CANARY_METRICS.settleTime, { statistic: 'Maximum', ...options });
  }

  private metric(name: string, options: cloudwatch.MetricOptions): cloudwatch.Metric {
    return handlerMetric(this.function, name, { period: this.every, ...options });
  }

  private requireBounds(): void {
    const { props } = this;
    requirePattern('endpoint', props.endpoint, /^https:\/\/[^\s/?#@]+$/, 'an https address without a path');
    for (const name of ['merchantId', 'payerId'] as const) {
      requirePattern(name, props[name], /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]{1,64}$/u, '1 to 64 printable characters');
    }
    requirePattern('currency', props.currency, /^[A-Z]{3}$/, 'a code of ISO 4217');
    requirePattern('keyPrefix', props.keyPrefix, /^[A-Za-z][A-Za-z0-9-]{0,31}$/, 'letters, digits and dashes, starting with a letter, at most 32');
    requirePattern('apiKeyHeader', props.apiKeyHeader, /^[a-z][a-z0-9-]*$/, 'the name of a header in lower case');
    requireIntegerBetween('amount', props.amount, 1, Number.MAX_SAFE_INTEGER);
    requireDurationBetween('every', props.every, Duration.minutes(1), Duration.hours(1));
    requireIntegerBetween('every', this.every.toMinutes({ integral: false }), 1, Duration.hours(1).toMinutes());
    requireBetween('memory', props.memory?.toMebibytes(), LIMITS.function.memory.minimum, LIMITS.function.memory.maximum);
    requireDurationBetween('timeout', props.timeout, LIMITS.function.timeout.minimum, this.every);
  }

  private createWorker(): WorkerFunction {
    const { props } = this;
    return new WorkerFunction(this, 'Worker', {
      code: props.code ?? lambda.Code.fromAsset(assetFolder('canary')),
      handler: props.handler ?? 'index.handler',
      environment: {
        CANARY_ENDPOINT: props.endpoint,
        CANARY_SECRET_ARN: props.credentials.secretArn,
        CANARY_MERCHANT: props.merchantId,
        CANARY_PAYER: props.payerId ?? 'canary',
        CANARY_CURRENCY: props.currency ?? 'EUR',
        CANARY_AMOUNT: String(props.amount ?? DEFAULTS.canary.amount),
        CANARY_NAME: props.keyPrefix ?? 'canary',
        CANARY_EVERY_SECONDS: String(this.every.toSeconds()),
        API_KEY_HEADER: props.apiKeyHeader ?? 'x-api-key',
        ...props.environment,
      },
      memory: props.memory ?? DEFAULTS.canary.memory,
      timeout: props.timeout ?? DEFAULTS.canary.timeout,
      reservedConcurrency: 1,
      vpc: props.vpc,
      vpcSubnets: props.vpcSubnets,
      logEncryptionKey: props.logEncryptionKey,
      logRetention: props.logRetention,
      removalPolicy: props.removalPolicy,
      // A run that failed has told so; the next is due in a minute.
      functionOptions: { retryAttempts: 0, maxEventAge: DEFAULTS.canary.every, ...props.functionOptions },
    });
  }

  private createAlarms(): AlarmSet {
    const alarms = new AlarmSet(this, 'Alarms', this.props.alarms);
    const { failures, looked, silentRuns, unbalancedRuns } = DEFAULTS.canary;
    alarms.add('TestPaymentFailed', {
      metric: this.metricSuccess({ statistic: 'Minimum' }),
      description: `${failures} of ${looked} test payments failed: clients cannot pay, or not be paid back. The canary's log says where it ended.`,
      threshold: 1,
      comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: looked,
      datapointsToAlarm: failures,
    });
    const target = this.props.workload.latencyTarget.settle.milliseconds;
    alarms.add('TestPaymentSlow', {
      metric: this.metricSettleTime(),
      description: `Test payments take more than ${DEFAULTS.alarm.baselineFactor} x the target of ${target} ms to settle, as a client sees it.`,
      threshold: DEFAULTS.alarm.baselineFactor * target,
    });
    alarms.add('TestPaymentSilent', {
      metric: this.metricSuccess({ statistic: 'SampleCount' }),
      description: 'No test payment told how it went: nobody knows whether clients can pay.',
      threshold: 1,
      comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: silentRuns,
      datapointsToAlarm: silentRuns,
      treatMissingData: cloudwatch.TreatMissingData.BREACHING,
    });
    const off = alarms.add('TestBalanceOff', {
      metric: this.metric(CANARY_METRICS.balanced, { statistic: 'Maximum' }),
      description: 'The balance of the canary does not come back to zero: a payment or a refund counted twice or never, or somebody else uses its merchant.',
      threshold: 1,
      comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: unbalancedRuns,
      datapointsToAlarm: unbalancedRuns,
    });
    if (off !== undefined) {
      Validations.of(off).acknowledge({
        id: 'HighThroughput::HT-ALARM-011', reason: 'a balance is off for a while by design; only one that stays so means something, and no client waits for it',
      });
    }
    return alarms;
  }
}
