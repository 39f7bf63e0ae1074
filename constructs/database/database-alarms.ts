import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Facts } from '../../lib/facts';
import type { AuroraShardsSizing } from '../../lib/sizing';
import { DEFAULTS } from '../defaults';
import { ALARM_PERIOD, type AlarmSet } from '../observability/alarm-set';
import type { DatabasePlan } from './database-plan';
import type { DatabaseShard } from './database-shard';

/** Instances that are looked at together. They change places in a failover, and their metrics with them. */
export type DatabaseRole = 'WRITER' | 'READER';

/** Metric of a cluster, or of its instances of a role. */
export function databaseMetric(clusterId: string, metricName: string, role?: DatabaseRole, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace: 'AWS/RDS',
    metricName,
    dimensionsMap: { DBClusterIdentifier: clusterId, ...(role && { Role: role }) },
    statistic: 'Average',
    period: ALARM_PERIOD,
    ...options,
  });
}

const PERCENT = 100;
/** How often Aurora tells of the operations of a volume. */
const VOLUME_PERIOD = Duration.minutes(DEFAULTS.alarm.evaluationMinutes);

/** The alarms of one shard, each with the number of the shard at its end. */
export function addDatabaseAlarms(
  alarms: AlarmSet, shard: DatabaseShard, index: number, plan: DatabasePlan, sizing: AuroraShardsSizing, facts: Facts,
): void {
  const id = shard.cluster.clusterIdentifier;
  const add = (name: string, definition: Parameters<AlarmSet['add']>[1]): void => {
    alarms.add(`${name}${index}`, definition);
  };
  addInstanceAlarms(add, id, 'WRITER', 'Writer', plan);
  if (plan.readers > 0) {
    addInstanceAlarms(add, id, 'READER', 'Reader', plan);
    add('ReplicaLag', {
      metric: databaseMetric(id, 'AuroraReplicaLagMaximum', undefined, { statistic: 'Maximum' }),
      description: 'A reader is far behind its writer: what it answers is old.',
      threshold: DEFAULTS.database.replicaLag.toMilliseconds(),
    });
  }
  if (plan.serverless !== undefined) {
    add('Capacity', {
      metric: databaseMetric(id, 'ACUUtilization', undefined, { statistic: 'Maximum' }),
      description: 'An instance is near the largest capacity that it may grow to.',
      threshold: DEFAULTS.database.capacityPercent,
    });
  }
  add('Connections', {
    metric: databaseMetric(id, 'DatabaseConnections', 'WRITER', { statistic: 'Maximum' }),
    description: 'The writer has more connections than workers were sized for: a pool is larger than it should be, or somebody goes around the proxy.',
    threshold: connectionsOf(shard, sizing),
  });
  add('CommitLatency', {
    metric: databaseMetric(id, 'CommitLatency', 'WRITER'),
    description: 'A commit takes on average what only one in a hundred should: the log is not taken as fast as it comes.',
    threshold: facts.number('aurora/commit.p99.default'),
  });
  add('Deadlocks', {
    metric: databaseMetric(id, 'Deadlocks', 'WRITER'),
    description: 'Transactions lock each other out: batches do not take their rows in one order.',
    threshold: 0,
  });
  add('LocalStorage', {
    metric: databaseMetric(id, 'FreeLocalStorage', undefined, { statistic: 'Minimum' }),
    description: 'The local storage of an instance, which sorts and logs need, is nearly used up.',
    threshold: DEFAULTS.database.freeStorageBytes,
    comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
  });
  add('VolumeOperations', {
    metric: volumeOperations(id),
    description: 'The volume has more operations than the workload explains: pages that were in memory are read, or more is written than was planned.',
    threshold: VOLUME_PERIOD.toSeconds()
      * Math.max(DEFAULTS.database.leastOperations, DEFAULTS.database.operationsFactor * plan.operationsPerSecondOfShard),
    evaluationPeriods: 1,
  });
  if (shard.proxies !== undefined) {
    add('ProxyWait', {
      metric: new cloudwatch.Metric({
        namespace: 'AWS/RDS',
        metricName: 'DatabaseConnectionsBorrowLatency',
        dimensionsMap: { ProxyName: shard.proxies.proxy.dbProxyName },
        statistic: 'Average',
        period: ALARM_PERIOD,
      }),
      description: 'Clients of the proxy wait for connections: there are too few, or statements hold them for too long.',
      threshold: DEFAULTS.database.borrowAlarm.toMilliseconds() * MICROSECONDS,
    });
  }
}

/** The metric of waiting counts in microseconds. */
const MICROSECONDS = 1000;

function addInstanceAlarms(
  add: (name: string, definition: Parameters<AlarmSet['add']>[1]) => void, clusterId: string, role: DatabaseRole, name: string, plan: DatabasePlan,
): void {
  add(`${name}Cpu`, {
    metric: databaseMetric(clusterId, 'CPUUtilization', role, { statistic: 'Maximum' }),
    description: `The processor of a ${name.toLowerCase()} is busy: it has more to do than it was sized for.`,
    threshold: DEFAULTS.alarm.cpuPercent,
    datapointsToAlarm: DEFAULTS.alarm.persistentMinutes,
  });
  if (plan.memoryBytes !== undefined) {
    add(`${name}Memory`, {
      metric: databaseMetric(clusterId, 'FreeableMemory', role, { statistic: 'Minimum' }),
      description: `The memory of a ${name.toLowerCase()} is nearly used up: soon it is restarted.`,
      threshold: Math.round(plan.memoryBytes * DEFAULTS.database.freeMemoryPercent / PERCENT),
      comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
    });
  }
}

/** Connections to a writer that need no explanation: those of workers, and what a proxy may have beside them. */
function connectionsOf({ proxies }: DatabaseShard, sizing: AuroraShardsSizing): number {
  const direct = Math.max(DEFAULTS.database.leastConnections, sizing.connectionsPerInstance);
  return proxies === undefined ? direct : direct + direct;
}

/** Operations of a volume in five minutes. */
function volumeOperations(clusterId: string): cloudwatch.MathExpression {
  const of = (metricName: string): cloudwatch.Metric => databaseMetric(clusterId, metricName, undefined, { statistic: 'Sum', period: VOLUME_PERIOD });
  return new cloudwatch.MathExpression({
    expression: 'reads + writes',
    usingMetrics: { reads: of('VolumeReadIOPs'), writes: of('VolumeWriteIOPs') },
    label: 'VolumeOperations',
    period: VOLUME_PERIOD,
  });
}
