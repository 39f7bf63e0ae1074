import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { DEFAULTS } from '../defaults';
import { KUBERNETES } from '../kubernetes/defaults';
import { ALARM_PERIOD, type AlarmSet } from '../observability/alarm-set';

/** A metric of the control plane, by its CloudWatch name. https://docs.aws.amazon.com/eks/latest/userguide/cloudwatch.html */
export function clusterMetric(clusterName: string, metricName: string, options: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace: 'AWS/EKS', metricName, dimensionsMap: { ClusterName: clusterName }, statistic: 'Sum', period: ALARM_PERIOD, ...options,
  });
}

/** What nodes that go are told to Karpenter by, and what could not be told. */
export interface InterruptionQueues {
  readonly queue: sqs.Queue;
  readonly lost: sqs.Queue;
}

/** What has to be looked at before payments suffer: a control plane that fails or refuses, pods without a node, nodes that go undrained. */
export function addClusterAlarms(alarms: AlarmSet, clusterName: string, { lost, queue }: InterruptionQueues): void {
  const metric = (name: string): cloudwatch.Metric => clusterMetric(clusterName, name);
  const share = (answers: string): cloudwatch.MathExpression => new cloudwatch.MathExpression({
    expression: '100 * answers / total',
    usingMetrics: { answers: metric(answers), total: metric('apiserver_request_total') },
    label: `${answers} in percent`,
    period: ALARM_PERIOD,
  });
  alarms.add('ApiErrors', {
    metric: share('apiserver_request_total_5XX'),
    description: 'The control plane fails requests: pods are not scaled, replaced or moved while it does.',
    threshold: DEFAULTS.alarm.errorPercent,
  });
  alarms.add('ApiThrottled', {
    metric: share('apiserver_request_total_429'),
    description: 'The control plane refuses requests, because it is asked for more than its size answers.',
    threshold: DEFAULTS.alarm.errorPercent,
  });
  alarms.add('UnschedulablePods', {
    metric: metric('scheduler_pending_pods_UNSCHEDULABLE').with({ statistic: 'Maximum' }),
    description: 'Pods have found no node for longer than a node takes to come: a limit of a pool, a quota of the account, or no capacity.',
    threshold: 0,
    evaluationPeriods: DEFAULTS.alarm.persistentMinutes,
    datapointsToAlarm: DEFAULTS.alarm.persistentMinutes,
  });
  alarms.add('InterruptionsWaiting', {
    metric: queue.metricApproximateAgeOfOldestMessage({ period: ALARM_PERIOD, statistic: 'Maximum' }),
    description: 'Nobody reads that nodes are taken away: Karpenter does not run, and they go without being drained.',
    threshold: KUBERNETES.nodes.interruptionAge.toSeconds(),
    evaluationPeriods: 1,
  });
  alarms.add('InterruptionsLost', {
    metric: lost.metricApproximateNumberOfMessagesVisible({ period: ALARM_PERIOD, statistic: 'Maximum' }),
    description: 'Karpenter could not be told that a node goes: EventBridge may not send to its queue, or may not use the key.',
    threshold: 0,
    evaluationPeriods: 1,
  });
}
