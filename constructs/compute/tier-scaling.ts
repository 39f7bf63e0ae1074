import type { Duration, TimeZone } from 'aws-cdk-lib';
import type * as appscaling from 'aws-cdk-lib/aws-applicationautoscaling';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import { Construct } from 'constructs';
import type { StatelessTierSizing } from '../../lib/sizing';
import { DEFAULTS } from '../defaults';
import { ALARM_PERIOD } from '../observability/alarm-set';
import { requireIntegerBetween } from '../validation';
import { MetricTracking } from './metric-tracking';
import type { TierBacklog } from './tier-backlog';
import type { TierFront } from './tier-front';

/** Hours in which a tier may be smaller than what its average rate needs. */
export interface QuietHours {
  /** When they begin: `appscaling.Schedule.cron({ hour: '23', minute: '0' })`, for example. */
  readonly begin: appscaling.Schedule;

  /** When they end; from then on the bounds of the sizing hold again. Set it ahead of the first rush: tasks take minutes to start. */
  readonly end: appscaling.Schedule;

  /**
   * Time zone of both.
   *
   * @default TimeZone.ETC_UTC
   */
  readonly timeZone?: TimeZone;

  /** Fewest tasks in these hours, from 1 to the fewest of the other hours. */
  readonly minimumTasks: number;

  /**
   * Most tasks in these hours, at least `minimumTasks`.
   *
   * @default - that of the other hours: an unexpected rush is still carried
   */
  readonly maximumTasks?: number;
}

/** Properties of `TierScaling`. */
export interface TierScalingProps {
  readonly service: ecs.BaseService;
  readonly cluster: ecs.ICluster;
  readonly sizing: StatelessTierSizing;
  readonly backlogs?: TierBacklog[];
  readonly quietHours?: QuietHours;
  /** Memory utilization that scaling aims at, in percent. */
  readonly memoryPercent: number;
}

/** What makes a tier larger and smaller. Of all that it follows the one that asks for the most tasks wins. */
export class TierScaling extends Construct {
  /** What scales the service. */
  readonly taskCount: ecs.ScalableTaskCount;

  private readonly fronts: TierFront[] = [];
  private requests?: MetricTracking;

  constructor(scope: Construct, id: string, private readonly props: TierScalingProps) {
    super(scope, id);
    const { service, sizing } = props;
    this.taskCount = service.autoScaleTaskCount({ minCapacity: sizing.minimumTasks, maxCapacity: sizing.maximumTasks });
    this.taskCount.scaleOnCpuUtilization('Cpu', { targetUtilizationPercent: sizing.cpuUtilizationPercent, ...cooldowns() });
    this.taskCount.scaleOnMemoryUtilization('Memory', { targetUtilizationPercent: props.memoryPercent, ...cooldowns() });
    props.backlogs?.forEach((backlog, index) => this.followBacklog(`Backlog${index}`, backlog));
    if (props.quietHours) {
      this.keepQuietHours(props.quietHours);
    }
  }

  /**
   * Counts the requests of one more front. All fronts together are followed: the metric that Application Auto Scaling knows by itself
   * counts one target group only, and two policies of that kind would follow the busier front, where the sum is what a task carries.
   */
  followRequests(front: TierFront): void {
    this.fronts.push(front);
    this.requests ??= new MetricTracking(this, 'Requests', {
      scaling: this.taskCount,
      targetValue: this.props.sizing.requestsPerTargetPerMinute,
      // Asked for at synthesis: until then a target group may not hang on a listener yet.
      metrics: () => Object.fromEntries(this.fronts.map(({ targetGroup }, index) =>
        [`front${index}`, targetGroup.metrics.requestCountPerTarget({ statistic: 'Sum', period: ALARM_PERIOD })])),
      // A quiet front reports nothing: that must not hide the others. One alone needs no filling, which would delay its latest minute.
      expression: () => (this.fronts.length === 1 ? 'front0' : this.fronts.map((_, index) => `FILL(front${index}, 0)`).join(' + ')),
      label: 'Requests a task, all fronts',
      ...cooldowns(),
    });
  }

  private followBacklog(id: string, backlog: TierBacklog): void {
    new MetricTracking(this, id, {
      scaling: this.taskCount,
      targetValue: backlog.perTask,
      metrics: () => ({ backlog: backlog.metric, tasks: this.runningTasks() }),
      expression: () => 'backlog / tasks',
      label: 'Work that waits for each task',
      ...cooldowns(),
    });
  }

  /** Published by Container Insights. */
  private runningTasks(): cloudwatch.Metric {
    const { cluster, service } = this.props;
    return new cloudwatch.Metric({
      namespace: 'ECS/ContainerInsights',
      metricName: 'RunningTaskCount',
      dimensionsMap: { ClusterName: cluster.clusterName, ServiceName: service.serviceName },
      statistic: 'Average',
      period: ALARM_PERIOD,
    });
  }

  private keepQuietHours(quiet: QuietHours): void {
    const { minimumTasks, maximumTasks } = this.props.sizing;
    requireIntegerBetween('quietHours.minimumTasks', quiet.minimumTasks, 1, minimumTasks);
    requireIntegerBetween('quietHours.maximumTasks', quiet.maximumTasks, quiet.minimumTasks, maximumTasks);
    const { timeZone } = quiet;
    this.taskCount.scaleOnSchedule('QuietHoursBegin', {
      schedule: quiet.begin, timeZone, minCapacity: quiet.minimumTasks, maxCapacity: quiet.maximumTasks ?? maximumTasks,
    });
    this.taskCount.scaleOnSchedule('QuietHoursEnd', { schedule: quiet.end, timeZone, minCapacity: minimumTasks, maxCapacity: maximumTasks });
  }
}

/** Up at once, down slowly: a task too many costs less than a queue. */
function cooldowns(): { readonly scaleOutCooldown: Duration; readonly scaleInCooldown: Duration } {
  const { scaleInCooldown, scaleOutCooldown } = DEFAULTS.tier;
  return { scaleInCooldown, scaleOutCooldown };
}
