import { Duration } from 'aws-cdk-lib';

/**
 * How fast a service must be back after a disaster, and how much of the latest data it may lose then. The four tiers are the usual ones for
 * high-throughput systems.
 */
export class RecoveryTier {
  /** Back within 5 minutes, at most 1 minute of data lost. */
  static readonly CRITICAL = new RecoveryTier('critical', Duration.minutes(5), Duration.minutes(1));
  /** Back within 15 minutes, at most 5 minutes of data lost. */
  static readonly IMPORTANT = new RecoveryTier('important', Duration.minutes(15), Duration.minutes(5));
  /** Back within 1 hour, at most 15 minutes of data lost. */
  static readonly SUPPORTING = new RecoveryTier('supporting', Duration.hours(1), Duration.minutes(15));
  /** Back within 4 hours, at most 1 hour of data lost. */
  static readonly ANALYTICS = new RecoveryTier('analytics', Duration.hours(4), Duration.hours(1));

  /** All tiers, the strictest first. */
  static readonly ALL: readonly RecoveryTier[] = [RecoveryTier.CRITICAL, RecoveryTier.IMPORTANT, RecoveryTier.SUPPORTING, RecoveryTier.ANALYTICS];

  private constructor(
    readonly name: 'critical' | 'important' | 'supporting' | 'analytics',
    /** Recovery time objective (RTO): upper bound of the time until service is restored. */
    readonly recoveryTime: Duration,
    /** Recovery point objective (RPO): upper bound of the age of data that is lost. */
    readonly recoveryPoint: Duration,
  ) {}

  toString(): string {
    return this.name;
  }
}
