import type { Duration } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Facts } from '../../lib/facts';
import { requireBetween, requireIntegerBetween } from '../validation';

/** The longest retention that S3 takes. */
const MOST_DAYS = Facts.DEFAULT.number('s3/objectLock.retention.maxDays');

/** How long, and how firmly, S3 Object Lock holds the objects of an audit trail. */
export class AuditLock {
  /**
   * Nobody deletes a version of an object or shortens its lock before its time, the owner of the account neither. It cannot be taken back: what
   * is stored is paid for until then. The lock keeps bytes, not the key that they are encrypted with: without that key nobody reads them any more.
   *
   * @throws Error when the retention is not a whole number of days, 1 to 36500.
   */
  static compliance(retention: Duration): AuditLock {
    return new AuditLock('COMPLIANCE', daysOf(retention), s3.ObjectLockRetention.compliance(retention));
  }

  /**
   * Only who may bypass it (`s3:BypassGovernanceRetention`), and changes the policy of the bucket before, deletes an object before its time.
   *
   * @throws Error when the retention is not a whole number of days, 1 to 36500.
   */
  static governance(retention: Duration): AuditLock {
    return new AuditLock('GOVERNANCE', daysOf(retention), s3.ObjectLockRetention.governance(retention));
  }

  /** No lock, for stacks that must be able to go with their data. Objects are still never written over by the archiver. */
  static none(): AuditLock {
    return new AuditLock('NONE', undefined, undefined);
  }

  private constructor(
    /** `COMPLIANCE`, `GOVERNANCE` or `NONE`. */
    readonly mode: string,
    /** Days for which an object is locked. */
    readonly retentionDays: number | undefined,
    /** The bucket's default retention. */
    readonly defaultRetention: s3.ObjectLockRetention | undefined,
  ) {}
}

function daysOf(retention: Duration): number {
  const days = retention.toDays({ integral: false });
  requireBetween('retention', days, 1, MOST_DAYS);
  requireIntegerBetween('retention', days, 1, MOST_DAYS);
  return days;
}
