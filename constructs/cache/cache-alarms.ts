import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { ValkeySizing } from '../../lib/sizing';
import { DEFAULTS } from '../defaults';
import { LIMITS } from '../limits';
import { ALARM_PERIOD, type AlarmSet } from '../observability/alarm-set';

/** Metric of one node, or of a serverless cache. */
export function cacheMetric(dimensionsMap: { [name: string]: string }, metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
  return new cloudwatch.Metric({ namespace: 'AWS/ElastiCache', metricName, dimensionsMap, statistic: 'Average', period: ALARM_PERIOD, ...options });
}

/** One number of several nodes. */
export function ofNodes(nodes: readonly string[], metricName: string, statistic: 'Average' | 'Maximum' | 'Sum'): cloudwatch.IMetric {
  const metrics = nodes.map((node) => cacheMetric({ CacheClusterId: node }, metricName, { statistic }));
  if (metrics.length === 1) {
    return metrics[0];
  }
  const together = { Average: 'AVG', Maximum: 'MAX', Sum: 'SUM' }[statistic];
  // A graph takes several of these, and an id may stand for one metric only in it.
  const ids = metrics.map((_, index) => `${metricName[0].toLowerCase()}${metricName.slice(1)}${index}`);
  return new cloudwatch.MathExpression({
    expression: `${together}([${ids.join(', ')}])`,
    usingMetrics: Object.fromEntries(metrics.map((metric, index) => [ids[index], metric])),
    label: metricName,
    period: ALARM_PERIOD,
  });
}

/** Connections that all processes make, twice during a rolling update, are nothing to tell of. */
function usualConnections(sizing: ValkeySizing): number {
  return Math.max(DEFAULTS.cache.leastConnections, DEFAULTS.cache.connectionsFactor * sizing.connectionsPerNode);
}

/** The alarms of a cache of nodes: one of each for as many nodes as an alarm can look at. */
export function addNodeAlarms(alarms: AlarmSet, sizing: ValkeySizing, primaries: readonly string[], replicas: readonly string[]): void {
  groups([...primaries, ...replicas]).forEach((nodes, index) => {
    alarms.add(`EngineCpu${index}`, {
      metric: ofNodes(nodes, 'EngineCPUUtilization', 'Maximum'),
      description: 'The one thread of a node that runs commands is busy: a key is too hot, or the cache has too few shards.',
      threshold: DEFAULTS.alarm.cpuPercent,
      datapointsToAlarm: DEFAULTS.alarm.persistentMinutes,
    });
    alarms.add(`Memory${index}`, {
      metric: ofNodes(nodes, 'DatabaseMemoryUsagePercentage', 'Maximum'),
      description: 'A node is nearly full: soon it drops entries that are still of use.',
      threshold: DEFAULTS.alarm.memoryPercent,
    });
    alarms.add(`Evictions${index}`, {
      metric: ofNodes(nodes, 'Evictions', 'Sum'),
      description: 'Nodes drop entries that had not expired: the cache is too small for what is asked of it.',
      threshold: 0,
    });
    alarms.add(`Connections${index}`, {
      metric: ofNodes(nodes, 'CurrConnections', 'Maximum'),
      description: 'A node has more connections than all processes should make: one of them does not keep its own.',
      threshold: usualConnections(sizing),
    });
    alarms.add(`RefusedLogins${index}`, {
      metric: ofNodes(nodes, 'AuthenticationFailures', 'Sum'),
      description: 'Somebody who may not is trying to get in, or the tokens of a client are refused.',
      threshold: 0,
    });
  });
  groups([...primaries, ...replicas], METRICS_OF_HIT_RATE).forEach((nodes, index) => addHitRate(alarms, `HitRate${index}`, hitRateOfNodes(nodes)));
  groups(replicas).forEach((nodes, index) => {
    alarms.add(`ReplicationLag${index}`, {
      metric: ofNodes(nodes, 'ReplicationLag', 'Maximum'),
      description: 'A replica is behind: so much of the cache would be old after a failover.',
      threshold: DEFAULTS.cache.lag.toSeconds(),
    });
  });
}

/** What a serverless cache may have. */
export interface ServerlessLimits {
  readonly gigabytes: number;
  readonly unitsPerSecond: number;
}

const PERCENT = 100;
/** As AWS counts them. */
const GIGABYTE = 1000 * 1000 * 1000;

/** The alarms of a serverless cache. */
export function addServerlessAlarms(alarms: AlarmSet, sizing: ValkeySizing, clusterId: string, limits: ServerlessLimits): void {
  const metric = (name: string, statistic: string): cloudwatch.Metric => cacheMetric({ clusterId }, name, { statistic });
  alarms.add('Throttled', {
    metric: metric('ThrottledCmds', 'Sum'),
    description: 'Commands were refused: the load rises faster than the cache scales, or has reached what it may take.',
    threshold: 0,
  });
  alarms.add('Units', {
    metric: metric('ElastiCacheProcessingUnits', 'Sum'),
    description: 'The cache is near the request units that it may take.',
    threshold: limits.unitsPerSecond * ALARM_PERIOD.toSeconds() * DEFAULTS.alarm.cpuPercent / PERCENT,
  });
  alarms.add('Memory', {
    metric: metric('BytesUsedForCache', 'Maximum'),
    description: 'The cache is near the size that it may grow to: soon it drops entries that are still of use.',
    threshold: limits.gigabytes * GIGABYTE * DEFAULTS.alarm.memoryPercent / PERCENT,
  });
  alarms.add('Evictions', {
    metric: metric('Evictions', 'Sum'),
    description: 'The cache drops entries that had not expired: it may not grow as far as what is asked of it.',
    threshold: 0,
  });
  alarms.add('Connections', {
    metric: metric('CurrConnections', 'Maximum'),
    description: 'The cache has more connections than all processes should make: one of them does not keep its own.',
    threshold: usualConnections(sizing),
  });
  addHitRate(alarms, 'HitRate', new cloudwatch.MathExpression({
    expression: `IF(commands > ${DEFAULTS.cache.leastReads}, rate, 100)`,
    usingMetrics: { commands: metric('TotalCmdsCount', 'Sum'), rate: metric('CacheHitRate', 'Average') },
    label: 'CacheHitRate',
    period: ALARM_PERIOD,
  }));
  alarms.add('RefusedLogins', {
    metric: metric('AuthenticationFailures', 'Sum'),
    description: 'Somebody who may not is trying to get in, or the tokens of a client are refused.',
    threshold: 0,
  });
}

/** Hits and misses of a node. */
const METRICS_OF_HIT_RATE = ['CacheHits', 'CacheMisses'].length;

/** Share of the reads of some nodes that found their entry, in percent; 100 while hardly anything is read. */
function hitRateOfNodes(nodes: readonly string[]): cloudwatch.MathExpression {
  const metrics = nodes.flatMap((node, index) => [
    [`h${index}`, cacheMetric({ CacheClusterId: node }, 'CacheHits', { statistic: 'Sum' })],
    [`m${index}`, cacheMetric({ CacheClusterId: node }, 'CacheMisses', { statistic: 'Sum' })],
  ] as const);
  const sum = (letter: string): string => nodes.map((_, index) => `${letter}${index}`).join(' + ');
  const reads = `${sum('h')} + ${sum('m')}`;
  return new cloudwatch.MathExpression({
    expression: `IF((${reads}) > ${DEFAULTS.cache.leastReads}, 100 * (${sum('h')}) / (${reads}), 100)`,
    usingMetrics: Object.fromEntries(metrics),
    label: 'CacheHitRate',
    period: ALARM_PERIOD,
  });
}

function addHitRate(alarms: AlarmSet, name: string, metric: cloudwatch.IMetric): void {
  alarms.add(name, {
    metric,
    description: 'The cache answers too few reads: the tables take the others.',
    threshold: DEFAULTS.cache.hitPercent,
    comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
    evaluationPeriods: DEFAULTS.alarm.latencyMinutes,
    datapointsToAlarm: DEFAULTS.alarm.persistentMinutes,
  });
}

/** As many nodes at a time as an alarm can look at. */
function groups(nodes: readonly string[], metricsOfNode = 1): string[][] {
  const each = Math.floor(LIMITS.alarm.metrics / metricsOfNode);
  return Array.from({ length: Math.ceil(nodes.length / each) }, (_, index) => nodes.slice(index * each, (index + 1) * each));
}
