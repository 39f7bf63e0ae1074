import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import * as backup from 'aws-cdk-lib/aws-backup';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { type Decision, sizeRecovery } from '../../lib/sizing';
import { AuditLock } from '../archive/audit-lock';
import { DEFAULTS } from '../defaults';
import { factsFor, LIMITS } from '../limits';
import { ALARM_PERIOD, AlarmSet } from '../observability/alarm-set';
import { customerKey } from '../security/customer-key';
import { DataClass } from '../security/data-class';
import { recordDecisions } from '../sizing-metadata';
import { requireDurationBetween, requireIntegerBetween } from '../validation';
import type { RecoveryPlanProps } from './recovery-plan-props';

const { BACKUP_JOB_EXPIRED, BACKUP_JOB_FAILED, COPY_JOB_FAILED } = backup.BackupVaultEvents;

/** The sizes of `sizeRecovery` that a plan carries out; replicas and restores are those of the tables. */
const OF_THE_PLAN: readonly string[] = ['backupFrequency', 'backupRetention', 'missedBackupAlarm', 'ledgerBackupFrequency', 'ledgerBackupRetention'];

/**
 * Backups in a vault of their own: under another key than the data, locked, copied to the recovery region where there is one. They are
 * what is left when somebody with the rights to do so destroys a table, which point-in-time recovery does not outlive.
 *
 * A backup is no replica: restoring takes hours (`cht explain recovery` tells how many).
 */
export class RecoveryPlan extends Construct {
  /** Where backups lie. */
  readonly vault: backup.BackupVault;
  /** When backups of what stays are made. */
  readonly plan: backup.BackupPlan;
  /** What makes them. It reads what `protect…` was told of. */
  readonly role: iam.Role;
  /** Key of the backups. */
  readonly encryptionKey: kms.IKey;
  /** Time between two backups. */
  readonly frequency: Duration;
  /** How long one is kept. */
  readonly retention: Duration;
  /** Time between two backups of tables whose rows expire. */
  readonly expiringFrequency: Duration;
  /** How long one of those is kept. */
  readonly expiringRetention: Duration;
  /** The sizes with their reasons, as they stand in the template's metadata. */
  readonly decisions: readonly Decision[];
  /** Alarms by name. */
  readonly alarms: AlarmSet;

  /** When backups of tables whose rows expire are made; only where there are some. */
  private expiringPlan?: backup.BackupPlan;

  constructor(scope: Construct, id: string, private readonly props: RecoveryPlanProps) {
    super(scope, id);
    const derived = sizeRecovery(props.workload, factsFor(this, props.facts));
    this.frequency = props.frequency ?? derived.backupFrequency;
    this.retention = props.retention ?? derived.backupRetention;
    requireFrequency('frequency', this.frequency);
    requireDurationBetween('retention', this.retention, Duration.days(1), LIMITS.backup.retention);
    this.expiringFrequency = longer(derived.ledgerBackupFrequency, this.frequency);
    requireFrequency('target/recovery.ledgerBackupHours', this.expiringFrequency);
    this.expiringRetention = props.expiringRetention ?? longer(derived.ledgerBackupRetention, this.expiringFrequency);
    requireDurationBetween('expiringRetention', this.expiringRetention, this.expiringFrequency, LIMITS.backup.retention);
    this.decisions = recordDecisions(this, derived.decisions.filter(({ name }) => OF_THE_PLAN.includes(name)), {
      backupFrequency: props.frequency,
      backupRetention: props.retention?.toDays(),
      ledgerBackupFrequency: changed(this.expiringFrequency, derived.ledgerBackupFrequency),
      ledgerBackupRetention: changed(this.expiringRetention, derived.ledgerBackupRetention)?.toDays(),
    });
    this.encryptionKey = customerKey(this, 'Keys', DataClass.ARCHIVE, props.encryptionKey, props.removalPolicy);
    this.vault = this.createVault();
    this.plan = new backup.BackupPlan(this, 'Plan', { backupVault: this.vault, backupPlanRules: [this.rule('Full', this.frequency, this.retention, props.ruleProps)] });
    this.role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('backup.amazonaws.com'), description: 'Makes backups' });
    this.allowVault();
    this.alarms = this.createAlarms(derived.missedBackupAlarm);
  }

  /**
   * Backs tables up from now on, whose rows stay until somebody removes them.
   *
   * @param scope in whose stack the selection stands: that of the tables, so that no stack waits for the other
   * @param encryptionKey key of the tables, if it is a customer's
   */
  protectTables(scope: Construct, id: string, tables: readonly dynamodb.ITable[], encryptionKey?: kms.IKey): backup.BackupSelection {
    return this.protectTablesBy(this.plan, scope, id, tables, encryptionKey);
  }

  /**
   * Backs tables up from now on, whose rows expire after days and are kept elsewhere, as those of the ledger are in the audit archive: seldom,
   * and no copy longer than its rows would live. Each backup of a table is a whole copy, so that daily ones cost more than the table itself.
   *
   * @param scope in whose stack the selection stands: that of the tables, so that no stack waits for the other
   * @param encryptionKey key of the tables, if it is a customer's
   */
  protectExpiringTables(scope: Construct, id: string, tables: readonly dynamodb.ITable[], encryptionKey?: kms.IKey): backup.BackupSelection {
    return this.protectTablesBy(this.expiringPlan ??= this.createExpiringPlan(), scope, id, tables, encryptionKey);
  }

  private createExpiringPlan(): backup.BackupPlan {
    const days = this.expiringRetention.toDays();
    const locked = this.vault.node.defaultChild as backup.CfnBackupVault;
    const least = (locked.lockConfiguration as backup.CfnBackupVault.LockConfigurationTypeProperty | undefined)?.minRetentionDays ?? 0;
    if (least > days) {
      if (this.props.lock !== undefined || this.props.vaultProps?.lockConfiguration !== undefined) {
        throw new Error(`\`lock\` must hold for at most \`expiringRetention\`, ${days} days, or the vault refuses those backups, got: ${least}`);
      }
      // A lock says how short a backup may be kept at least; none of them is deleted before its own time.
      locked.addPropertyOverride('LockConfiguration.MinRetentionDays', days);
    }
    return new backup.BackupPlan(this, 'ExpiringPlan', {
      backupVault: this.vault, backupPlanRules: [this.rule('FullOfExpiring', this.expiringFrequency, this.expiringRetention)],
    });
  }

  private protectTablesBy(
    plan: backup.BackupPlan, scope: Construct, id: string, tables: readonly dynamodb.ITable[], encryptionKey?: kms.IKey,
  ): backup.BackupSelection {
    // With the tables as well: the stack of the role must not wait for theirs. For the same reason the key grants nothing by itself.
    const policy = new iam.Policy(scope, `${id}Policy`, {
      roles: [this.role],
      statements: [
        new iam.PolicyStatement({
          actions: ['dynamodb:StartAwsBackupJob', 'dynamodb:DescribeTable', 'dynamodb:ListTagsOfResource'],
          resources: tables.map(({ tableArn }) => tableArn),
        }),
        ...(encryptionKey === undefined ? [] : [
          new iam.PolicyStatement({ actions: ['kms:Decrypt', 'kms:DescribeKey'], resources: [encryptionKey.keyArn] }),
        ]),
      ],
    });
    const selection = this.select(plan, scope, id, tables.map((table) => backup.BackupResource.fromDynamoDbTable(table)));
    selection.node.addDependency(policy);
    return selection;
  }

  /** Backs something else up from now on. What the role needs for it, `role` must be granted by the caller. */
  protect(scope: Construct, id: string, resources: backup.BackupResource[]): backup.BackupSelection {
    return this.select(this.plan, scope, id, resources);
  }

  private select(backupPlan: backup.BackupPlan, scope: Construct, id: string, resources: backup.BackupResource[]): backup.BackupSelection {
    return new backup.BackupSelection(scope, id, { backupPlan, resources, role: this.role, disableDefaultBackupPolicy: true });
  }

  /** A metric of the vault, by its CloudWatch name. */
  metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: 'AWS/Backup',
      metricName,
      dimensionsMap: { BackupVaultName: this.vault.backupVaultName },
      statistic: 'Sum',
      period: Duration.hours(1),
      ...options,
    });
  }

  /** Backups that failed. */
  metricFailed(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('NumberOfBackupJobsFailed', options);
  }

  /** Backups that were made. */
  metricCompleted(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('NumberOfBackupJobsCompleted', options);
  }

  private createVault(): backup.BackupVault {
    const { notificationTopic, vaultProps } = this.props;
    const removalPolicy = this.props.removalPolicy ?? RemovalPolicy.RETAIN;
    const goes = removalPolicy === RemovalPolicy.DESTROY;
    const lock = this.props.lock ?? (goes ? AuditLock.none() : AuditLock.governance(this.retention));
    if (goes && lock.retentionDays !== undefined) {
      throw new Error(`\`lock\` must be AuditLock.none() where the vault shall go with its stack, got: ${lock.mode}`);
    }
    if (lock.retentionDays !== undefined) {
      // A backup of less than the lock's time would be refused by the vault, one after the other.
      requireIntegerBetween('lock', lock.retentionDays, 1, this.retention.toDays());
    }
    const vault = new backup.BackupVault(this, 'Vault', {
      encryptionKey: this.encryptionKey,
      removalPolicy,
      blockRecoveryPointDeletion: !goes,
      ...(lock.retentionDays !== undefined && {
        lockConfiguration: {
          minRetention: Duration.days(lock.retentionDays),
          ...(lock.mode === 'COMPLIANCE' && { changeableFor: LIMITS.backup.vaultLockGrace }),
        },
      }),
      ...vaultProps,
    });
    if (notificationTopic !== undefined) {
      this.notify(vault, notificationTopic);
    }
    return vault;
  }

  /** CDK's own property lets the service use the topic's key for whichever account; the key of a topic for operators names it already. */
  private notify(vault: backup.BackupVault, topic: sns.ITopic): void {
    (vault.node.defaultChild as backup.CfnBackupVault).notifications = {
      backupVaultEvents: [BACKUP_JOB_FAILED, BACKUP_JOB_EXPIRED, COPY_JOB_FAILED],
      snsTopicArn: topic.topicArn,
    };
    topic.addToResourcePolicy(new iam.PolicyStatement({
      actions: ['sns:Publish'],
      principals: [new iam.ServicePrincipal('backup.amazonaws.com')],
      resources: [topic.topicArn],
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
    }));
  }

  private rule(ruleName: string, frequency: Duration, retention: Duration, ruleProps?: backup.BackupPlanRuleProps): backup.BackupPlanRule {
    const { copyTo } = this.props;
    return new backup.BackupPlanRule({
      ruleName,
      scheduleExpression: scheduleOf(frequency),
      startWindow: DEFAULTS.backup.startWindow,
      completionWindow: DEFAULTS.backup.completionWindow,
      deleteAfter: retention,
      copyActions: copyTo === undefined ? undefined : [{ destinationBackupVault: copyTo, deleteAfter: retention }],
      ...ruleProps,
    });
  }

  private allowVault(): void {
    const vaults = [this.vault, ...(this.props.copyTo === undefined ? [] : [this.props.copyTo])];
    this.role.addToPolicy(new iam.PolicyStatement({
      actions: ['backup:DescribeBackupVault', 'backup:CopyIntoBackupVault'], resources: vaults.map((it) => it.backupVaultArn),
    }));
    this.encryptionKey.grant(this.role, 'kms:Decrypt', 'kms:GenerateDataKey', 'kms:DescribeKey', 'kms:CreateGrant');
  }

  private createAlarms(missedAfter: Duration): AlarmSet {
    const alarms = new AlarmSet(this, 'Alarms', this.props.alarms);
    alarms.add('BackupFailed', {
      metric: this.metricFailed({ period: ALARM_PERIOD }),
      description: 'A backup failed. What it was to hold is only as safe as the table itself until the next one.',
      threshold: 0,
      evaluationPeriods: 1,
    });
    const hours = missedAfter.toHours();
    if (hours <= LIMITS.alarm.evaluationHours) {
      const missed = alarms.add('BackupMissed', {
        metric: new cloudwatch.MathExpression({
          label: 'Backups made', expression: 'FILL(completed, 0)', usingMetrics: { completed: this.metricCompleted() }, period: Duration.hours(1),
        }),
        description: 'No backup was made for longer than the recovery tier allows.',
        comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
        threshold: 1,
        evaluationPeriods: hours,
        datapointsToAlarm: hours,
      });
      if (missed !== undefined) {
        Validations.of(missed).acknowledge({
          id: 'HighThroughput::HT-ALARM-011',
          reason: 'nothing is down while a backup is missing; it is late by the time between two backups, which is longer than a recovery',
        });
      }
    }
    return alarms;
  }
}

function requireFrequency(name: string, frequency: Duration): void {
  const hours = frequency.toHours({ integral: false });
  const day = Duration.days(1).toHours();
  requireDurationBetween(name, frequency, Duration.hours(1), Duration.days(LIMITS.backup.everyDays));
  const fits = hours < day ? Number.isInteger(hours) && day % hours === 0 : Number.isInteger(hours / day);
  if (!fits) {
    throw new Error(`\`${name}\` must be whole days, or hours that divide a day, got: ${hours} hours`);
  }
}

function longer(one: Duration, other: Duration): Duration {
  return one.toHours() < other.toHours() ? other : one;
}

/** A time that is another one than was derived. */
function changed(time: Duration, derived: Duration): Duration | undefined {
  return time.toHours() === derived.toHours() ? undefined : time;
}

function scheduleOf(frequency: Duration): events.Schedule {
  const { hour, weekday } = DEFAULTS.backup;
  const hours = frequency.toHours();
  const days = hours / Duration.days(1).toHours();
  if (days <= 1) {
    return events.Schedule.cron({ minute: '0', hour: days === 1 ? String(hour) : `*/${hours}` });
  }
  return days === Duration.days(7).toDays()
    // CloudWatch counts from Sunday, which is 1.
    ? events.Schedule.cron({ minute: '0', hour: String(hour), weekDay: String(weekday % 7 + 1) })
    : events.Schedule.cron({ minute: '0', hour: String(hour), day: `*/${days}` });
}
