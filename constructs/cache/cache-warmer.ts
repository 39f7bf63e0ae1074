import { Duration, RemovalPolicy, TimeZone, Validations } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as targets from 'aws-cdk-lib/aws-scheduler-targets';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type CacheWarmerSizing, type Decision, sizeCacheWarmer } from '../../lib/sizing';
import { assetFolder } from '../assets';
import { DEFAULTS } from '../defaults';
import { factsFor, LIMITS } from '../limits';
import { ALARM_PERIOD, AlarmSet } from '../observability/alarm-set';
import { customerKey } from '../security/customer-key';
import { DataClass } from '../security/data-class';
import { tierSubnets } from '../security/tier-subnets';
import { recordDecisions, recordWorkload } from '../sizing-metadata';
import { requireBetween, requireDurationBetween, requireIntegerBetween } from '../validation';
import { scheduleRole } from '../worker/schedule-role';
import { WorkerFunction } from '../worker/worker-function';
import type { CacheWarmerProps, WarmingHours } from './cache-warmer-props';

const HOURS_OF_DAY = Duration.days(1).toHours();

/**
 * Fills a cache in quiet hours with what is asked for most, so that the first peak of the day finds it there. A run that fails is tried again, then
 * kept in a queue; a day without a run calls somebody.
 */
export class CacheWarmer extends Construct implements iam.IGrantable, ec2.IConnectable {
  /** The function with its alias and log. */
  readonly worker: WorkerFunction;
  /** The function. */
  readonly function: lambda.Function;
  /** What the schedule invokes. */
  readonly alias: lambda.Alias;
  /** When it runs. */
  readonly schedule: scheduler.Schedule;
  /** Runs that could not be started, or failed each time. */
  readonly deadLetterQueue: sqs.Queue;
  /** Key of the queue. */
  readonly encryptionKey: kms.IKey;
  /** The function's role. */
  readonly grantPrincipal: iam.IPrincipal;
  /** Whom the function may reach. */
  readonly connections: ec2.Connections;
  /** The sizes in force, with every override in its place. */
  readonly sizing: CacheWarmerSizing;
  /** The sizes with their reasons, as they stand in the template's metadata. */
  readonly decisions: readonly Decision[];
  /** Alarms by name. */
  readonly alarms: AlarmSet;

  constructor(scope: Construct, id: string, private readonly props: CacheWarmerProps) {
    super(scope, id);
    const quiet = this.requireBounds();
    const derived = sizeCacheWarmer(props.workload, factsFor(this, props.facts));
    recordWorkload(this, props.workload);
    this.decisions = recordDecisions(this, derived.decisions, { merchants: props.merchants, memory: props.memory, timeout: props.timeout });
    this.sizing = {
      merchants: props.merchants ?? derived.merchants,
      memory: props.memory ?? derived.memory,
      timeout: props.timeout ?? derived.timeout,
      decisions: [...this.decisions],
    };

    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;
    this.encryptionKey = customerKey(this, 'Keys', DataClass.EVENTS, props.encryptionKey, removalPolicy);
    this.deadLetterQueue = new sqs.Queue(this, 'DeadLetters', {
      encryption: sqs.QueueEncryption.KMS,
      encryptionMasterKey: this.encryptionKey,
      enforceSSL: true,
      retentionPeriod: LIMITS.queue.retention,
      removalPolicy,
    });
    this.worker = this.createWorker(removalPolicy);
    this.function = this.worker.function;
    this.alias = this.worker.alias;
    this.grantPrincipal = this.worker.grantPrincipal;
    this.connections = this.worker.connections;
    props.profiles.grantRead(this);
    props.profiles.grantScan(this);
    props.cache.grantConnect(this);
    props.cache.connections.allowDefaultPortFrom(this, 'Filling the cache');

    this.schedule = new scheduler.Schedule(this, 'Schedule', {
      description: `Fills the cache of ${props.cache.node.path} in quiet hours`,
      schedule: scheduler.ScheduleExpression.cron({ minute: '0', hour: String(quiet.from), timeZone: props.timeZone ?? TimeZone.ETC_UTC }),
      timeWindow: scheduler.TimeWindow.flexible(windowOf(quiet)),
      target: new targets.LambdaInvoke(this.alias, {
        role: scheduleRole(this, 'ScheduleRole', this.encryptionKey), deadLetterQueue: this.deadLetterQueue, maxEventAge: Duration.hours(1),
      }),
    });
    this.alarms = this.createAlarms(windowOf(quiet));
  }

  /** A metric of the function, by its CloudWatch name. */
  metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.alias.metric(metricName, options);
  }

  private requireBounds(): WarmingHours {
    const { props } = this;
    const quiet = props.quietHours ?? { from: DEFAULTS.warmer.from, to: DEFAULTS.warmer.to };
    requireIntegerBetween('quietHours.from', quiet.from, 0, HOURS_OF_DAY - 1);
    requireIntegerBetween('quietHours.to', quiet.to, 0, HOURS_OF_DAY - 1);
    if (quiet.from === quiet.to) {
      throw new Error(`\`quietHours\` must be longer than nothing, got: ${quiet.from} to ${quiet.to}`);
    }
    requireIntegerBetween('merchants', props.merchants, 1, Number.MAX_SAFE_INTEGER);
    requireBetween('memory', props.memory?.toMebibytes(), LIMITS.function.memory.minimum, LIMITS.function.memory.maximum);
    requireDurationBetween('timeout', props.timeout, LIMITS.function.timeout.minimum, LIMITS.function.timeout.maximum);
    if (props.profiles.tables.length !== 1) {
      throw new Error(`\`profiles\` must be one table, got: ${props.profiles.tables.length}`);
    }
    return quiet;
  }

  private createWorker(removalPolicy: RemovalPolicy): WorkerFunction {
    const { props } = this;
    const worker = new WorkerFunction(this, 'Worker', {
      // Looked for only where it is needed: whoever brings code of their own needs no bundle of ours.
      code: props.code ?? lambda.Code.fromAsset(assetFolder('cache-warmer')),
      handler: props.handler ?? 'index.handler',
      environment: {
        PROFILE_TABLE: props.profiles.tableNames,
        WARM_MERCHANTS: String(this.sizing.merchants),
        ...props.cache.variables,
        ...props.environment,
      },
      memory: this.sizing.memory,
      timeout: this.sizing.timeout,
      // Two runs at once would do the same.
      reservedConcurrency: 1,
      vpc: props.vpc,
      vpcSubnets: { subnets: tierSubnets(props.vpc, 'application', props.subnets).subnets },
      logEncryptionKey: props.logEncryptionKey,
      logRetention: props.logRetention,
      removalPolicy,
      functionOptions: { deadLetterQueue: this.deadLetterQueue, ...props.functionOptions },
    });
    // CDK lets the role send to the queue, and knows nothing of its key.
    this.encryptionKey.grant(worker, 'kms:Decrypt', 'kms:GenerateDataKey');
    return worker;
  }

  private createAlarms(window: Duration): AlarmSet {
    const alarms = new AlarmSet(this, 'Alarms', this.props.alarms);
    this.worker.addAlarms(alarms);
    // From the beginning of one window to the end of the next.
    const hours = HOURS_OF_DAY + window.toHours() + 1;
    const missed = alarms.add('DidNotRun', {
      metric: this.alias.metricInvocations({ statistic: 'Sum', period: Duration.hours(1) }),
      description: 'The cache was not filled for a day: the first peak will find it as it is.',
      threshold: 1,
      comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: hours,
      datapointsToAlarm: hours,
      treatMissingData: cloudwatch.TreatMissingData.BREACHING,
    });
    if (missed !== undefined) {
      Validations.of(missed).acknowledge({ id: 'HighThroughput::HT-ALARM-011', reason: 'what runs once a day is missed after a day; until then nothing is wrong' });
    }
    alarms.add('Failed', {
      metric: this.deadLetterQueue.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum', period: ALARM_PERIOD }),
      description: 'A run failed each time it was tried; the queue holds what it was told.',
      threshold: 0,
    });
    return alarms;
  }
}

/** From the beginning to the end of quiet hours; a schedule may choose its moment within a day. */
function windowOf({ from, to }: WarmingHours): Duration {
  return Duration.hours((to - from + HOURS_OF_DAY) % HOURS_OF_DAY);
}
