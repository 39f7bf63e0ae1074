import type { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { Facts } from '../../lib/facts';
import type { Workload } from '../../lib/workload';
import type { AlarmOptions } from '../observability/alarm-set';
import type { AuditLocatorOptions } from './audit-locators-props';
import type { AuditLock } from './audit-lock';

/** Properties that audit trails have in common, wherever the ledger lies. */
export interface AuditArchiveProps {
  /** The workload whose changes are archived. Takes the whole workload where cells share the ledger. */
  readonly workload: Workload;

  /**
   * How long, and how firmly, objects are locked.
   *
   * @default - derived from the recovery tier of the workload
   */
  readonly lock?: AuditLock;

  /**
   * Age at which objects move to colder storage that is still read at once.
   *
   * @default - 30 days
   */
  readonly coldAfter?: Duration;

  /**
   * Key of the objects and of the chains' heads. The lock does not hold it: when it is deleted, locked objects stay and cannot be read.
   *
   * @default - a new customer managed key of a data class of its own, `audit`
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * Key of the archiver's log. Its policy must name `logs.amazonaws.com`, as that of `DataClass.OPERATIONS` does.
   *
   * @default - a new customer managed key
   */
  readonly logEncryptionKey?: kms.IKey;

  /**
   * How long log lines are kept.
   *
   * @default RetentionDays.ONE_YEAR
   */
  readonly logRetention?: logs.RetentionDays;

  /**
   * What becomes of bucket, heads and log when the stack goes. DESTROY needs `AuditLock.none()`.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * Changes to the archiver's alarms, by name; the table of heads takes their actions.
   *
   * @default - all on, calling nobody
   */
  readonly alarms?: AlarmOptions;

  /**
   * Limits, latencies and measurements that the size rests on.
   *
   * @default - the shipped facts for the region of the stack
   */
  readonly facts?: Facts;

  /**
   * Notes in Amazon Keyspaces where the changes of each merchant and minute are, so that an auditor reads a few objects instead of searching
   * manifests. Costs a row for each merchant and minute; `{}` takes every default.
   *
   * @default - none: manifests are searched
   */
  readonly locators?: AuditLocatorOptions;

  /**
   * Properties of CDK's own bucket, laid over what this construct decides.
   *
   * @default - none
   */
  readonly bucketProps?: s3.BucketProps;
}
