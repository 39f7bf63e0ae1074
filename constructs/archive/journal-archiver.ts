import { Duration, Fn, Validations } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as targets from 'aws-cdk-lib/aws-scheduler-targets';
import { Construct } from 'constructs';
import { type Decision, type JournalArchiverSizing, sizeJournalArchiver } from '../../lib/sizing';
import { assetFolder } from '../assets';
import { FUNCTION_AUTHORITIES } from '../database/function-authorities';
import { DEFAULTS } from '../defaults';
import { factsFor, LIMITS } from '../limits';
import { AlarmSet } from '../observability/alarm-set';
import { handlerMetric } from '../observability/handler-metrics';
import { recordDecisions, recordWorkload } from '../sizing-metadata';
import { requireBetween, requireDurationBetween, requireIntegerBetween } from '../validation';
import { WorkerFunction } from '../worker/worker-function';
import type { JournalAuditTrailProps } from './journal-audit-trail-props';

/** A start that was missed, or failed, is made up for by the next. */
const START_AGE = Duration.minutes(1);
/** Longest that a worker's clock may be off. */
const LONGEST_LATENESS = Duration.hours(1);

/** Properties of `JournalArchiver`. */
export interface JournalArchiverProps extends JournalAuditTrailProps {
  /** What the archiver is told of the archive. */
  readonly environment: { readonly [name: string]: string };
}

/**
 * The function that reads the journals of a ledger in PostgreSQL into an archive. A schedule for each database starts it every minute; a database is
 * read by one at a time. It is a function and not a pod: cells have clusters of their own, and the ledger is that of all cells.
 */
export class JournalArchiver extends Construct implements iam.IGrantable, ec2.IConnectable {
  /** The function with its alias and log. */
  readonly worker: WorkerFunction;
  /** The function. */
  readonly function: lambda.Function;
  /** What the schedules invoke. */
  readonly alias: lambda.Alias;
  /** When each database is read, in the order of the databases. */
  readonly schedules: readonly scheduler.Schedule[];
  /** The function's role. */
  readonly grantPrincipal: iam.IPrincipal;
  /** Whom the function may reach. */
  readonly connections: ec2.Connections;
  /** What was derived from the workload, without what was stated in its place: `decisions` have that. */
  readonly sizing: JournalArchiverSizing;
  /** The sizes with their reasons, as they stand in the template's metadata. */
  readonly decisions: readonly Decision[];
  /** Alarms by name. */
  readonly alarms: AlarmSet;

  constructor(scope: Construct, id: string, private readonly props: JournalArchiverProps) {
    super(scope, id);
    const { database } = props;
    requireIntegerBetween('reservedConcurrency', props.reservedConcurrency, 1, Number.MAX_SAFE_INTEGER);
    requireBetween('memory', props.memory?.toMebibytes(), LIMITS.function.memory.minimum, LIMITS.function.memory.maximum);
    requireDurationBetween('timeout', props.timeout, LIMITS.function.timeout.minimum, LIMITS.function.timeout.maximum);
    requireDurationBetween('lateness', props.lateness, Duration.seconds(1), LONGEST_LATENESS);
    this.sizing = sizeJournalArchiver(props.workload, database.shards.length, factsFor(this, props.facts));
    recordWorkload(this, props.workload);
    this.decisions = recordDecisions(this, this.sizing.decisions, {
      memory: props.memory, timeout: props.timeout, reservedConcurrency: props.reservedConcurrency,
    });
    this.worker = this.createWorker();
    this.function = this.worker.function;
    this.alias = this.worker.alias;
    this.grantPrincipal = this.worker.grantPrincipal;
    this.connections = this.worker.connections;
    this.connections.allowToDefaultPort(database, 'The journals');
    database.grantReadWriters(this);
    this.schedules = this.createSchedules();
    this.alarms = this.createAlarms();
  }

  /** What tells the chains of the databases apart, and how far back they are looked at, as environment variables. */
  get sources(): { readonly [name: string]: string } {
    const { database, lateness = Duration.seconds(DEFAULTS.audit.lateSeconds) } = this.props;
    return {
      // A cluster that was restored has another one, whatever its name: its transactions have numbers that were given before.
      AUDIT_SOURCES: Fn.join(',', database.shards.map(({ cluster }) => cluster.clusterResourceIdentifier)),
      AUDIT_LATE_SECONDS: String(lateness.toSeconds()),
    };
  }

  /** How long the oldest entry that is not in the archive has been in its journal, of all databases. Milliseconds. */
  metricLag(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return handlerMetric(this.function, 'AuditLag', { statistic: 'Maximum', ...options });
  }

  private createWorker(): WorkerFunction {
    const { props, sizing } = this;
    const { DATABASE_NAME, DATABASE_READER_USER, DATABASE_WRITERS } = props.database.variables;
    const worker = new WorkerFunction(this, 'Worker', {
      code: props.code ?? lambda.Code.fromAsset(assetFolder('audit-journal-archiver')),
      handler: 'index.handler',
      environment: {
        ...props.environment, DATABASE_NAME, DATABASE_READER_USER, DATABASE_WRITERS,
        ...this.sources,
        AUDIT_OBJECT_ENTRIES: String(DEFAULTS.audit.objectEntries),
        NODE_EXTRA_CA_CERTS: FUNCTION_AUTHORITIES,
      },
      memory: props.memory ?? sizing.memory,
      timeout: props.timeout ?? sizing.timeout,
      reservedConcurrency: props.reservedConcurrency ?? sizing.reservedConcurrency,
      vpc: props.vpc,
      vpcSubnets: props.vpcSubnets,
      logEncryptionKey: props.logEncryptionKey,
      logRetention: props.logRetention,
      removalPolicy: props.removalPolicy,
      functionOptions: props.functionOptions,
    });
    worker.alias.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: START_AGE });
    return worker;
  }

  private createSchedules(): scheduler.Schedule[] {
    const role = new iam.Role(this, 'ScheduleRole', {
      assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com'), description: 'Starts what archives the journals',
    });
    // Named as handlers name them: in the order of DATABASE_WRITERS, from 1.
    return this.props.database.shards.map((_, index) => new scheduler.Schedule(this, `Schedule${index}`, {
      description: `Archives the journal of shard-${index + 1} of ${this.props.database.node.path}`,
      schedule: scheduler.ScheduleExpression.rate(DEFAULTS.audit.journalEvery),
      target: new targets.LambdaInvoke(this.alias, {
        role, input: scheduler.ScheduleTargetInput.fromObject({ shard: `shard-${index + 1}` }), retryAttempts: 0, maxEventAge: START_AGE,
      }),
    }));
  }

  private createAlarms(): AlarmSet {
    const alarms = new AlarmSet(this, 'Alarms', this.props.alarms);
    const lag = DEFAULTS.audit.journalLag;
    this.worker.addAlarms(alarms);
    alarms.add('ArchiveLag', {
      metric: this.metricLag(),
      description: 'Entries of a journal have been without evidence for long: it is read more slowly than it is written, or a transaction stands open.',
      threshold: lag.toMilliseconds(),
    });
    const silent = alarms.add('ArchiverSilent', {
      metric: handlerMetric(this.function, 'AuditLag', { statistic: 'SampleCount' }),
      description: 'Nobody archives the journals: no reading came to its end for minutes.',
      threshold: 1,
      comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: lag.toMinutes(),
      datapointsToAlarm: lag.toMinutes(),
      treatMissingData: cloudwatch.TreatMissingData.BREACHING,
    });
    if (silent !== undefined) {
      Validations.of(silent).acknowledge({
        id: 'HighThroughput::HT-ALARM-011', reason: 'evidence comes later and is not lost: partitions stay until they are archived, and no client waits for it',
      });
    }
    return alarms;
  }
}
