import { BILLED_GB, SECONDS_PER_MONTH } from '../../sizing/monthly-cost';
import { type Amount, declared, times } from '../amount';
import { clusterShare } from '../usage/cluster-nodes';
import { functionUsage } from '../usage/functions';
import { listOf, numberOf, textOf } from '../usage/properties';
import { trafficOf } from '../usage/traffic';
import type { TopologyResource } from '../../topology';
import type { UsageModel } from '../usage/usage-model';
import { charge, flowing, one, type Pricer } from './pricer';

const DAYS_PER_MONTH = 730 / 24;
const FAST_PERIOD_SECONDS = 60;
/** An alarm on an anomaly looks at the metric and at both edges of its band. */
const ANOMALY_METRICS = 3;
const FUNCTION = 'AWS::Lambda::Function';

/** Alarms: each metric that one looks at; those of less than a minute cost more. */
export const alarmPricer: Pricer = {
  types: ['AWS::CloudWatch::Alarm'],
  price(resource) {
    const metrics = listOf(resource, 'Metrics') as readonly { MetricStat?: { Period?: unknown } }[];
    const stats = metrics.filter(({ MetricStat }) => MetricStat !== undefined);
    const anomaly = textOf(resource, 'ThresholdMetricId') !== undefined;
    const count = anomaly ? ANOMALY_METRICS * Math.max(1, stats.length) : Math.max(1, stats.length);
    const periods = [numberOf(resource, 'Period'), ...stats.map(({ MetricStat }) => Number(MetricStat?.Period))].filter((it) => it !== undefined);
    const fast = periods.some((it) => it < FAST_PERIOD_SECONDS);
    return [charge(resource, 'metrics of an alarm', fast ? 'cloudwatch.fastAlarms' : 'cloudwatch.alarms', declared(count, `${count} metrics that it looks at`))];
  },
};

/** Alarms made of alarms. */
export const compositeAlarmPricer: Pricer = {
  types: ['AWS::CloudWatch::CompositeAlarm'],
  price: (resource) => [charge(resource, 'composite alarm', 'cloudwatch.compositeAlarms', one())],
};

/** Dashboards, those that an account has free of charge counted as well. A template may state how many metrics of its own the app writes. */
export const dashboardPricer: Pricer = {
  types: ['AWS::CloudWatch::Dashboard'],
  price(resource, model) {
    const own = model.use(resource, 'customMetrics', () => declared(0, 'none stated; functions and services count their own'));
    return [
      charge(resource, 'dashboard', 'cloudwatch.dashboards', one()),
      ...(own.value > 0 ? [charge(resource, 'custom metrics', 'cloudwatch.metrics', own)] : []),
    ];
  },
};

/** Groups of logs: what comes in, and what is kept compressed. */
export const logGroupPricer: Pricer = {
  types: ['AWS::Logs::LogGroup'],
  price(resource, model) {
    const bytes = model.use(resource, 'bytesPerSecond', () => logBytes(resource, model));
    const retention = numberOf(resource, 'RetentionInDays');
    const months = Math.min(model.assumption('archiveMonths'), retention === undefined ? Infinity : retention / DAYS_PER_MONTH);
    const infrequent = textOf(resource, 'LogGroupClass') === 'INFREQUENT_ACCESS';
    const writers = writersOf(resource, model);
    const ofFunctions = writers.length > 0 && writers.every(({ type }) => type === FUNCTION);
    return [
      flowing(resource, 'logs in', infrequent ? 'logs.ingestedInfrequent' : ofFunctions ? 'logs.ingestedOfFunctions' : 'logs.ingested', times(bytes, 1 / BILLED_GB)),
      charge(resource, 'logs kept', 'logs.kept', times({ ...bytes, kind: 'assumed' }, months * SECONDS_PER_MONTH * model.assumption('logCompression') / BILLED_GB, `${bytes.why}; what has come together, compressed`)),
    ];
  },
};

/** Lines of the functions and services that write to a group. */
function logBytes(resource: TopologyResource, model: UsageModel): Amount {
  const perPayment = model.assume('logBytesPerPayment', 'bytes of a payment in the log of a task');
  const parts = writersOf(resource, model).map((it) => (it.type === FUNCTION
    ? times(bytesPerInvocation(it, model), functionUsage(model, it).invocationsPerSecond.value)
    : times(perPayment, trafficOf(model, it).value)));
  if (parts.length === 0 && model.references.to(resource, 'Custom::AWSCDK-EKS-HelmChart').length > 0) {
    return times(perPayment, model.rate * clusterShare(model, resource), `${perPayment.why}, as pods of a cluster write it`);
  }
  return parts.length === 0
    ? times(model.assume('rareCallsPerSecond', 'lines of what is not called by payments'), model.assumption('logBytesPerInvocation'))
    : { value: parts.reduce((sum, { value }) => sum + value, 0), kind: 'assumed', why: parts[0].why };
}

function writersOf(group: TopologyResource, model: UsageModel): TopologyResource[] {
  return [...new Set(model.references.to(group, FUNCTION, 'AWS::ECS::TaskDefinition').map(({ from }) => from))];
}

/** Lines of an invocation: with those that the service writes about it, or only those of the function. */
function bytesPerInvocation(resource: TopologyResource, model: UsageModel): Amount {
  const quiet = textOf(resource, 'LoggingConfig.SystemLogLevel') === 'WARN';
  return quiet ? model.assume('quietLogBytesPerInvocation', 'bytes of an invocation without the lines of the service') : model.assume('logBytesPerInvocation', 'bytes of an invocation');
}
