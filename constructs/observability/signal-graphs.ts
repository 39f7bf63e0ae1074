import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { CacheTier } from '../cache/cache-tier';
import type { StatelessTier } from '../compute/stateless-tier';
import { DEFAULTS } from '../defaults';
import type { TlsEdge } from '../edge/tls-edge';
import type { KafkaEventStream } from '../stream/kafka-event-stream';
import type { IKinesisEventStream } from '../stream/kinesis-stream-base';
import type { IShardedTable } from '../table/sharded-table-base';
import type { QueueWorker } from '../worker/queue-worker';
import type { StreamWorker } from '../worker/stream-worker';
import type { TableStreamWorker } from '../worker/table-stream-worker';
import { ALARM_PERIOD } from './alarm-set';
import { HANDLER_METRICS, handlerMetric } from './handler-metrics';
import type { SignalGraph } from './signal-board';

/** The percentiles that are shown of each latency. */
export const PERCENTILES: readonly string[] = ['p50', 'p95', 'p99', 'p99.9'];
const SUM = { statistic: 'Sum', period: ALARM_PERIOD };
/** The payment workers' distribution of the time from acceptance to settlement, by the name of the runtime's `MetricName`, which a test compares. */
export const SETTLE_LATENCY = 'SettleLatency';

/** Requests, latency, errors by type and bytes of a load balancer. */
export function edgeGraphs(edge: TlsEdge, slowSeconds: number): SignalGraph[] {
  const { targetGroup, loadBalancer: { metrics } } = edge;
  const ofTasks = (code: elbv2.HttpCodeTarget, label: string): cloudwatch.IMetric => targetGroup.metrics.httpCodeTarget(code, { ...SUM, label });
  const ofBalancer = (code: elbv2.HttpCodeElb, label: string): cloudwatch.IMetric => metrics.httpCodeElb(code, { ...SUM, label });
  return [
    { title: 'Requests a second', left: [perSecond(edge.metricRequests(), 'requests')] },
    {
      title: 'Latency, seconds', left: PERCENTILES.map((it) => edge.metricLatency({ statistic: it, label: it })), limit: slowSeconds, limitLabel: 'p99 alarm',
    },
    {
      title: 'Errors by type',
      left: [
        ofTasks(elbv2.HttpCodeTarget.TARGET_5XX_COUNT, 'tasks 5xx'), ofTasks(elbv2.HttpCodeTarget.TARGET_4XX_COUNT, 'tasks 4xx'),
        ofBalancer(elbv2.HttpCodeElb.ELB_5XX_COUNT, 'balancer 5xx'), ofBalancer(elbv2.HttpCodeElb.ELB_4XX_COUNT, 'balancer 4xx'),
        edge.metricFailedHandshakes({ label: 'TLS' }), metrics.rejectedConnectionCount({ ...SUM, label: 'refused connections' }),
      ],
      right: [edge.metricErrorPercent()],
    },
    { title: 'Bytes and connections', left: [metrics.processedBytes({ ...SUM, label: 'bytes' })], right: [metrics.activeConnectionCount({ ...SUM, label: 'connections' })] },
  ];
}

/** Processors, memory, network and disk of tasks. The last two come from Container Insights. */
export function tierGraphs(tier: StatelessTier): SignalGraph[] {
  const insight = (metricName: string, statistic: string, label: string): cloudwatch.Metric => new cloudwatch.Metric({
    namespace: 'ECS/ContainerInsights',
    metricName,
    dimensionsMap: { ClusterName: tier.cluster.clusterName, ServiceName: tier.service.serviceName },
    statistic,
    period: ALARM_PERIOD,
    label,
  });
  return [
    {
      title: 'CPU, percent', limit: DEFAULTS.alarm.cpuPercent, limitLabel: 'alarm',
      left: [tier.metricCpuUtilization({ label: 'average' }), tier.metricCpuUtilization({ statistic: 'Maximum', label: 'busiest task' })],
    },
    {
      title: 'Memory, percent', limit: DEFAULTS.alarm.memoryPercent, limitLabel: 'alarm',
      left: [tier.metricMemoryUtilization({ label: 'average' }), tier.metricMemoryUtilization({ statistic: 'Maximum', label: 'fullest task' })],
    },
    { title: 'Network, bytes a second', left: [insight('NetworkRxBytes', 'Sum', 'in'), insight('NetworkTxBytes', 'Sum', 'out')] },
    {
      title: 'Tasks and disk', left: [insight('RunningTaskCount', 'Average', 'tasks')],
      right: [insight('StorageReadBytes', 'Sum', 'bytes read'), insight('StorageWriteBytes', 'Sum', 'bytes written')],
    },
  ];
}

/** Records and bytes that come, and what was refused. */
export function streamGraphs(stream: IKinesisEventStream): SignalGraph[] {
  const sum = (metricName: string, label: string): cloudwatch.Metric => stream.metric(metricName, { ...SUM, label });
  return [
    { title: 'Records a second', left: [perSecond(sum('IncomingRecords', 'records'), 'records')] },
    {
      title: 'Put latency, milliseconds',
      left: PERCENTILES.map((it) => stream.metric('PutRecords.Latency', { statistic: it, period: ALARM_PERIOD, label: it })),
    },
    {
      title: 'Refusals by type',
      left: [
        sum('WriteProvisionedThroughputExceeded', 'writes'), sum('ReadProvisionedThroughputExceeded', 'reads'),
        sum('PutRecords.ThrottledRecords', 'throttled records'), sum('PutRecords.FailedRecords', 'failed records'),
      ],
    },
    {
      title: 'Bytes a second, and age',
      left: [perSecond(sum('IncomingBytes', 'bytes'), 'bytes in')],
      right: [stream.metric('GetRecords.IteratorAgeMilliseconds', { statistic: 'Maximum', period: ALARM_PERIOD, label: 'age, shared readers, ms' })],
    },
  ];
}

/** What a cluster of Kafka tells of itself as a whole. */
export function topicGraphs(topic: KafkaEventStream): SignalGraph[] {
  const metric = (metricName: string): cloudwatch.Metric => topic.metric(metricName, { statistic: 'Maximum', period: ALARM_PERIOD, label: metricName });
  return [
    { title: 'Partitions', left: [metric('GlobalPartitionCount'), metric('OfflinePartitionsCount')] },
    { title: 'Controllers', left: [metric('ActiveControllerCount')] },
  ];
}

/** Payments, settle latency, errors by type, depth and age of a worker of a stream. */
export function workerGraphs(worker: StreamWorker, slowMilliseconds: number, deep: number): SignalGraph[] {
  const fn = worker.function;
  return [
    {
      title: 'Payments a second',
      left: [perSecond(handlerMetric(fn, HANDLER_METRICS.applied), 'applied'), perSecond(handlerMetric(fn, HANDLER_METRICS.duplicate), 'duplicate')],
    },
    {
      title: 'Accepted to settled, milliseconds', limit: slowMilliseconds, limitLabel: 'p99 alarm',
      left: PERCENTILES.map((it) => handlerMetric(fn, SETTLE_LATENCY, { statistic: it, label: it })),
    },
    {
      title: 'Errors by type',
      left: [
        ...functionErrors(worker.alias), handlerMetric(fn, HANDLER_METRICS.parked, { label: 'parked' }),
        handlerMetric(fn, 'RecordsLeftForRetry', { label: 'left for retry' }), worker.metricGivenUp({ label: 'given up' }),
      ],
      right: [errorPercent(worker.alias)],
    },
    {
      title: 'Depth and age', limit: deep, limitLabel: 'depth alarm',
      left: [worker.metricDepth({ label: 'records that wait' })], right: [worker.metricIteratorAge({ label: 'age, ms' })],
    },
    ...functionGraphs(worker.alias),
  ];
}

/** Lag, errors and age of a projection of a table. */
export function projectionGraphs(worker: TableStreamWorker): SignalGraph[] {
  return [
    { title: 'Errors by type', left: functionErrors(worker.alias), right: [errorPercent(worker.alias)] },
    { title: 'Age, milliseconds', left: [worker.metricIteratorAge({ label: 'age' })] },
    ...functionGraphs(worker.alias),
  ];
}

/** Messages, errors by type, depth and age of a queue and its worker. */
export function queueGraphs(worker: QueueWorker, deep: number): SignalGraph[] {
  return [
    {
      title: 'Messages a second',
      left: [perSecond(worker.queue.metricNumberOfMessagesSent(SUM), 'sent'), perSecond(worker.queue.metricNumberOfMessagesDeleted(SUM), 'done')],
    },
    {
      title: 'Depth and age', limit: deep, limitLabel: 'depth alarm',
      left: [
        visibleMessages(worker, 'messages that wait'),
        worker.queue.metricApproximateNumberOfMessagesNotVisible({ statistic: 'Maximum', period: ALARM_PERIOD, label: 'being worked on' }),
        worker.queue.metricApproximateNumberOfMessagesDelayed({ statistic: 'Maximum', period: ALARM_PERIOD, label: 'delayed' }),
      ],
      right: [worker.metricOldestMessage({ label: 'age, s' })],
    },
    {
      title: 'Errors by type',
      left: [
        ...functionErrors(worker.alias), handlerMetric(worker.function, HANDLER_METRICS.parked, { label: 'parked' }), worker.metricDeadLetters({ label: 'dead letters' }),
      ],
      right: [errorPercent(worker.alias)],
    },
    ...functionGraphs(worker.alias),
  ];
}

/** Units, refusals and errors of each table. */
export function tableGraphs(table: IShardedTable): SignalGraph[] {
  const each = (metricName: string): cloudwatch.IMetric[] =>
    table.tables.map((_, index) => table.metric(index, metricName, { ...SUM, label: `${metricName} ${index}` }));
  return [
    {
      title: 'Units a second',
      left: each('ConsumedWriteCapacityUnits').map((it, index) => perSecond(it, `written ${index}`)),
      right: each('ConsumedReadCapacityUnits').map((it, index) => perSecond(it, `read ${index}`)),
    },
    { title: 'Refusals by type', left: [...each('WriteThrottleEvents'), ...each('ReadThrottleEvents')] },
    { title: 'Conditions that did not hold', left: each('ConditionalCheckFailedRequests') },
  ];
}

/** Processors, memory, hits and connections of a cache. */
export function cacheGraphs(cache: CacheTier): SignalGraph[] {
  const metric = (metricName: string): cloudwatch.IMetric => cache.metric(metricName, { label: metricName });
  return cache.nodes === undefined ? [
    { title: 'Commands', left: [metric('TotalCmdsCount')], right: [metric('ThrottledCmds')] },
    { title: 'Hit rate, percent', left: [metric('CacheHitRate')] },
    { title: 'Bytes and units', left: [metric('BytesUsedForCache')], right: [metric('ElastiCacheProcessingUnits')] },
    { title: 'Connections', left: [metric('CurrConnections')] },
  ] : [
    { title: 'CPU, percent', left: [metric('EngineCPUUtilization')], limit: DEFAULTS.alarm.cpuPercent, limitLabel: 'alarm' },
    { title: 'Memory, percent', left: [metric('DatabaseMemoryUsagePercentage')], limit: DEFAULTS.alarm.memoryPercent, limitLabel: 'alarm' },
    { title: 'Hits and misses', left: [metric('CacheHits'), metric('CacheMisses')], right: [metric('Evictions')] },
    { title: 'Network and connections', left: [metric('NetworkBytesIn'), metric('NetworkBytesOut')], right: [metric('CurrConnections')] },
  ];
}

/** Messages that wait to be received. */
export function visibleMessages(worker: QueueWorker, label?: string): cloudwatch.Metric {
  return worker.queue.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum', period: ALARM_PERIOD, label });
}

/** Share of invocations that ended in an error. Percent; no data while nothing is invoked. */
export function errorPercent(fn: lambda.IFunction): cloudwatch.MathExpression {
  return new cloudwatch.MathExpression({
    expression: '100 * FILL(errors, 0) / invocations',
    usingMetrics: { errors: fn.metricErrors(SUM), invocations: fn.metricInvocations(SUM) },
    period: ALARM_PERIOD,
    label: 'failed invocations, percent',
  });
}

function functionErrors(fn: lambda.IFunction): cloudwatch.IMetric[] {
  return [fn.metricErrors({ ...SUM, label: 'errors' }), fn.metricThrottles({ ...SUM, label: 'throttles' })];
}

/** Lambda tells neither processor nor memory without an agent; how long and how many are what its limits count. */
function functionGraphs(fn: lambda.IFunction): SignalGraph[] {
  return [{
    title: 'Duration and concurrency',
    left: PERCENTILES.map((it) => fn.metricDuration({ statistic: it, period: ALARM_PERIOD, label: `${it}, ms` })),
    right: [fn.metric('ConcurrentExecutions', { statistic: 'Maximum', period: ALARM_PERIOD, label: 'concurrent executions' })],
  }];
}

/** @param label unlike others in the diagram: the name of the metric is made of it */
function perSecond(metric: cloudwatch.IMetric, label: string): cloudwatch.MathExpression {
  const id = label.replace(/[^A-Za-z0-9]/g, '');
  return new cloudwatch.MathExpression({ expression: `${id} / PERIOD(${id})`, usingMetrics: { [id]: metric }, period: ALARM_PERIOD, label });
}
