import type { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type * as backup from 'aws-cdk-lib/aws-backup';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type { Facts } from '../../lib/facts';
import type { Workload } from '../../lib/workload';
import type { AuditLock } from '../archive/audit-lock';
import type { AlarmOptions } from '../observability/alarm-set';

/** Properties of `RecoveryPlan`. */
export interface RecoveryPlanProps {
  /** What the system must carry, all cells together; its recovery tier decides how often a backup is made, and how long it is kept. */
  readonly workload: Workload;

  /**
   * Limits and targets that the plan rests on.
   *
   * @default - the shipped facts for the region of the stack
   */
  readonly facts?: Facts;

  /**
   * Time between two backups: whole hours up to a day, or whole days. Those of tables whose rows expire are no closer together.
   *
   * @default - by the recovery tier
   */
  readonly frequency?: Duration;

  /**
   * How long a backup is kept, 1 to 36500 days.
   *
   * @default - by the recovery tier
   */
  readonly retention?: Duration;

  /**
   * How long a backup of a table is kept whose rows expire, in days: at least the time between two, up to 36500.
   *
   * @default - as long as rows of the workload's ledger live, and no longer than the recovery tier keeps others
   */
  readonly expiringRetention?: Duration;

  /**
   * Vault in the recovery region that gets a copy of each backup. Its key must be known there; an account must have opted in to advanced backups of
   * DynamoDB.
   *
   * @default - none
   */
  readonly copyTo?: backup.IBackupVault;

  /**
   * How firmly backups are held until their time.
   *
   * @default - AuditLock.governance for as long as they are kept; none where the vault goes with its stack
   */
  readonly lock?: AuditLock;

  /**
   * Key of the backups, another one than that of what is backed up: who loses one of them still has the other.
   *
   * @default - a new customer managed key
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * Topic that is told of backups and copies that failed, by AWS Backup itself. The policy of its key must name `backup.amazonaws.com`, as that of
   * `DataClass.OPERATIONS` does.
   *
   * @default - none
   */
  readonly notificationTopic?: sns.ITopic;

  /**
   * What becomes of the vault when the stack goes.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * Changes to the alarms `BackupFailed` and `BackupMissed`.
   *
   * @default - all on, calling nobody
   */
  readonly alarms?: AlarmOptions;

  /**
   * CDK's own properties of the vault, laid over what this construct decides.
   *
   * @default - none
   */
  readonly vaultProps?: backup.BackupVaultProps;

  /**
   * CDK's own properties of the rule for tables whose rows stay, laid over what this construct decides.
   *
   * @default - none
   */
  readonly ruleProps?: backup.BackupPlanRuleProps;
}
