import { Duration } from 'aws-cdk-lib';
import { Facts } from '../lib/facts';

/**
 * What constructs decide where nobody says otherwise and no workload tells: the kit's own operating targets, read from the facts. They are
 * targets of this kit, the same in every region.
 */
export const DEFAULTS = {
  alarm: {
    evaluationMinutes: number('alarm.evaluationMinutes'),
    breachingMinutes: number('alarm.breachingMinutes'),
    errorPercent: number('alarm.errorPercent'),
    latencyMinutes: number('alarm.latencyMinutes'),
    persistentMinutes: number('alarm.persistentMinutes'),
    shareOfRecordAge: number('alarm.shareOfRecordAge'),
    leastQueueAge: Duration.minutes(number('alarm.leastQueueAgeMinutes')),
    delaysOfQueueAge: number('alarm.delaysOfQueueAge'),
  },
  tableStream: {
    recordAge: Duration.hours(number('tableStream.recordAgeHours')),
    lateAfter: Duration.hours(number('tableStream.lateHours')),
    longestProjectorWindow: Duration.seconds(number('projector.longestWindowSeconds')),
    longestArchiverWindow: Duration.seconds(number('archiver.longestWindowSeconds')),
  },
  logs: {
    accessRetention: Duration.days(number('logs.accessDays')),
    flowRetention: Duration.days(number('logs.flowDays')),
  },
  failures: { retention: Duration.days(number('failures.retentionDays')) },
  audit: { noncurrentExpiration: Duration.days(number('audit.noncurrentDays')) },
  queue: {
    retention: Duration.days(number('queue.retentionDays')),
    dataKeyReuse: Duration.minutes(number('queue.dataKeyReuseMinutes')),
  },
  keys: {
    rotationPeriod: Duration.days(number('keys.rotationDays')),
    pendingWindow: Duration.days(number('keys.pendingDays')),
  },
  network: { availabilityZones: number('network.availabilityZones') },
  table: { maximumTables: number('table.maximumTables') },
  stack: { resourceShare: number('stack.resourceShare') },
  tier: {
    containerPort: number('tier.containerPort'),
    drainTime: Duration.seconds(number('tier.drainSeconds')),
    stopReserve: Duration.seconds(number('tier.stopReserveSeconds')),
    healthCheckInterval: Duration.seconds(number('tier.healthCheckSeconds')),
    healthCheckTimeout: Duration.seconds(number('tier.healthCheckTimeoutSeconds')),
    healthyChecks: number('tier.healthyChecks'),
    unhealthyChecks: number('tier.unhealthyChecks'),
    startGrace: Duration.seconds(number('tier.startGraceSeconds')),
    scaleOutCooldown: Duration.seconds(number('tier.scaleOutSeconds')),
    scaleInCooldown: Duration.seconds(number('tier.scaleInSeconds')),
    minimumHealthyPercent: number('tier.minimumHealthyPercent'),
    maximumHealthyPercent: number('tier.maximumHealthyPercent'),
  },
} as const;

function number(key: string): number {
  return Facts.DEFAULT.number(`target/${key}`);
}
