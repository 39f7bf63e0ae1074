import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { DEFAULTS } from '../defaults';
import { LIMITS } from '../limits';
import { type AlarmDefinition, type AlarmSet, ALARM_PERIOD } from '../observability/alarm-set';
import { KafkaClusterKind, KafkaMonitoring } from './kafka-cluster-kind';
import type { KafkaMetrics } from './kafka-metrics';

/** What the alarms of a cluster depend on. */
export interface KafkaAlarmsProps {
  /** Kind of the cluster. */
  readonly kind: KafkaClusterKind;
  /** Brokers of the cluster. */
  readonly brokers: number;
  /** How closely they are watched. */
  readonly monitoring: KafkaMonitoring;
}

/** Adds the alarms of the brokers. A serverless cluster shows none. */
export function addKafkaAlarms(alarms: AlarmSet, metrics: KafkaMetrics, props: KafkaAlarmsProps): void {
  if (props.kind === KafkaClusterKind.SERVERLESS) {
    return;
  }
  const brokers = Array.from({ length: props.brokers }, (_, index) => String(index + 1));
  addCommonAlarms(alarms, metrics, brokers);
  if (props.kind === KafkaClusterKind.STANDARD) {
    addStandardAlarms(alarms, metrics, brokers);
  }
  if (props.monitoring !== KafkaMonitoring.DEFAULT) {
    (props.kind === KafkaClusterKind.STANDARD ? addWatchedStandardAlarms : addWatchedExpressAlarms)(alarms, metrics, brokers);
  }
}

function addCommonAlarms(alarms: AlarmSet, metrics: KafkaMetrics, brokers: readonly string[]): void {
  const cpu = brokers.map((broker) => ({
    [`user${broker}`]: metrics.ofBroker(broker, 'CpuUser', 'Average'),
    [`system${broker}`]: metrics.ofBroker(broker, 'CpuSystem', 'Average'),
  }));
  inGroups(cpu, LIMITS.alarm.metrics / Object.keys(cpu[0]).length).forEach((group, index) => {
    const sums = group.map((it) => Object.keys(it).join(' + '));
    alarms.add(numbered('BrokerCpu', index), {
      metric: expression(`MAX([${sums.join(', ')}])`, Object.assign({}, ...group)),
      description: 'A broker is so busy that its cluster could not do without another one: make the brokers larger, or have more of them.',
      threshold: DEFAULTS.alarm.brokerCpuPercent,
      datapointsToAlarm: DEFAULTS.alarm.evaluationMinutes,
    });
  });
  alarms.add('NoController', {
    metric: metrics.ofCluster('ActiveControllerCount', 'Maximum'),
    description: 'The cluster has no controller: no partition gets a new leader.',
    threshold: 1,
    comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
    datapointsToAlarm: DEFAULTS.alarm.evaluationMinutes,
  });
}

function addStandardAlarms(alarms: AlarmSet, metrics: KafkaMetrics, brokers: readonly string[]): void {
  alarms.add('OfflinePartitions', {
    metric: metrics.ofCluster('OfflinePartitionsCount', 'Maximum'),
    description: 'Partitions have no leader: what is written to them is refused.',
    threshold: 0,
    evaluationPeriods: 1,
  });
  addForBrokers(alarms, 'UnderReplicated', brokers.map((it) => metrics.ofBroker(it, 'UnderReplicatedPartitions', 'Sum')), {
    description: 'Copies lag behind: a second fault would stop all writes. A broker that is being patched does this for some minutes.',
    threshold: 0,
    evaluationPeriods: DEFAULTS.alarm.replicationMinutes,
    datapointsToAlarm: DEFAULTS.alarm.replicationMinutes,
  });
  addForBrokers(alarms, 'BrokerDisk', brokers.map((it) => metrics.ofBroker(it, 'KafkaDataLogsDiskUsed', 'Maximum')), {
    description: 'A disk fills up faster than it is made larger; a full one stops its broker with every partition that it leads.',
    threshold: DEFAULTS.alarm.brokerDiskPercent,
    evaluationPeriods: 1,
  });
}

/** What MSK counts only from the level `PER_BROKER` on. */
function addWatchedStandardAlarms(alarms: AlarmSet, metrics: KafkaMetrics, brokers: readonly string[]): void {
  addForBrokers(alarms, 'BelowMinimumInSync', brokers.map((it) => metrics.ofBroker(it, 'UnderMinIsrPartitionCount', 'Maximum')), {
    description: 'So many copies lag behind that writes are refused which wait for all of them.',
    threshold: 0,
    evaluationPeriods: 1,
  });
}

/** What MSK counts only from the level `PER_BROKER` on. */
function addWatchedExpressAlarms(alarms: AlarmSet, metrics: KafkaMetrics, brokers: readonly string[]): void {
  const persistent = { threshold: 0, datapointsToAlarm: DEFAULTS.alarm.evaluationMinutes };
  addForBrokers(alarms, 'ProduceThrottled', brokers.map((it) => metrics.ofBroker(it, 'ProduceThrottleTime', 'Average')), {
    description: 'A broker slows its producers down: more is written than its size takes.',
    ...persistent,
  });
  addForBrokers(alarms, 'FetchThrottled', brokers.map((it) => metrics.ofBroker(it, 'FetchThrottleTime', 'Average')), {
    description: 'A broker slows its consumers down: more is read than its size takes.',
    ...persistent,
  });
}

/** One alarm on the worst of the brokers, or as many as it takes where an alarm cannot look at all of them. */
function addForBrokers(alarms: AlarmSet, name: string, metrics: readonly cloudwatch.Metric[], definition: Omit<AlarmDefinition, 'metric'>): void {
  inGroups(metrics, LIMITS.alarm.metrics).forEach((group, index) => {
    const named = Object.fromEntries(group.map((metric, position) => [`broker${index * LIMITS.alarm.metrics + position + 1}`, metric]));
    alarms.add(numbered(name, index), { ...definition, metric: expression(`MAX([${Object.keys(named).join(', ')}])`, named) });
  });
}

function expression(text: string, usingMetrics: { [name: string]: cloudwatch.IMetric }): cloudwatch.MathExpression {
  return new cloudwatch.MathExpression({ expression: text, usingMetrics, period: ALARM_PERIOD });
}

function inGroups<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));
}

function numbered(name: string, index: number): string {
  return index === 0 ? name : `${name}${index + 1}`;
}
