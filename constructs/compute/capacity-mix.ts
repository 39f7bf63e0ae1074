import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as events from 'aws-cdk-lib/aws-events';
import { Construct } from 'constructs';
import type { Facts } from '../../lib/facts';
import { capacityWeights, type CapacityMixSizing, type Decision, sizeCapacityMix, sizeStatelessTier, type StatelessTierSizing } from '../../lib/sizing';
import type { Workload } from '../../lib/workload';
import { DEFAULTS } from '../defaults';
import { factsFor } from '../limits';
import { ALARM_PERIOD, type AlarmOptions, AlarmSet } from '../observability/alarm-set';
import { recordDecisions, recordWorkload } from '../sizing-metadata';
import { requireBetween, requireIntegerBetween } from '../validation';
import { InstanceCapacity } from './instance-capacity';
import type { InstanceCapacityOptions } from './instance-capacity-props';

/** Properties of `CapacityMix`. */
export interface CapacityMixProps {
  /** What the tier on it must carry; in a system of several cells, the share of one cell. */
  readonly workload: Workload;

  /**
   * Limits, prices and measurements that the size rests on.
   *
   * @default - the shipped facts for the region of the stack
   */
  readonly facts?: Facts;

  /** Network of the cluster. */
  readonly vpc: ec2.IVpc;

  /**
   * Size of the tier on it, where some of it is set by hand.
   *
   * @default - derived from the workload
   */
  readonly tier?: StatelessTierSizing;

  /**
   * Tasks that run On-Demand before any runs on Spot, 0 or more.
   *
   * @default - the tasks that the average rate needs
   */
  readonly onDemandBase?: number;

  /**
   * Share of the tasks above the base that run on Spot, 0 to 1. Spot may be taken away at two minutes' notice: it is for work that
   * somebody else takes over.
   *
   * @default - by the recovery tier of the workload
   */
  readonly spotShare?: number;

  /**
   * Instances of the account's own under the tasks; ECS takes no strategy with both.
   *
   * @default - none: tasks run on Fargate
   */
  readonly instances?: InstanceCapacityOptions;

  /**
   * Changes to the alarm `SpotInterruptions`.
   *
   * @default - on, calling nobody; there is none without Spot
   */
  readonly alarms?: AlarmOptions;

  /**
   * CDK's own properties of the cluster, laid over what this construct decides.
   *
   * @default - none
   */
  readonly clusterProps?: ecs.ClusterProps;
}

/**
 * The one place that says which capacity carries what: a base that always runs and is worth a commitment of a year, On-Demand, and Spot
 * for what may be taken away. A cluster on Fargate, or on instances; tasks that Spot took are counted.
 */
export class CapacityMix extends Construct {
  /** The cluster. */
  readonly cluster: ecs.Cluster;
  /** What a service on it asks for. */
  readonly strategy: ecs.CapacityProviderStrategy[];
  /** Instances under the tasks; none on Fargate. */
  readonly instances?: InstanceCapacity;
  /** Events of tasks that were stopped because their Spot capacity was taken away; none without Spot. */
  readonly interruptions?: events.Rule;
  /** The sizes in force, with every override in its place. */
  readonly sizing: CapacityMixSizing;
  /** The sizes with their reasons, as they stand in the template's metadata. */
  readonly decisions: readonly Decision[];
  /** Alarms by name. */
  readonly alarms: AlarmSet;

  constructor(scope: Construct, id: string, props: CapacityMixProps) {
    super(scope, id);
    requireIntegerBetween('onDemandBase', props.onDemandBase, 0, Number.MAX_SAFE_INTEGER);
    requireBetween('spotShare', props.spotShare, 0, 1);
    const facts = factsFor(this, props.facts);
    const derived = props.tier ?? sizeStatelessTier(props.workload, facts);
    const weights = props.spotShare === undefined ? derived : capacityWeights(props.spotShare);
    const tier: StatelessTierSizing = {
      ...derived,
      onDemandBase: props.onDemandBase ?? derived.onDemandBase,
      onDemandWeight: weights.onDemandWeight,
      spotWeight: weights.spotWeight,
    };
    this.sizing = sizeCapacityMix(props.workload, tier, facts, props.instances ? 'instances' : 'fargate');
    this.decisions = this.record(props, weights.spotWeight);
    this.cluster = new ecs.Cluster(this, 'Cluster', {
      vpc: props.vpc,
      enableFargateCapacityProviders: !props.instances,
      containerInsightsV2: ecs.ContainerInsights.ENABLED,
      ...props.clusterProps,
    });
    if (props.instances) {
      const { cluster, sizing } = this;
      this.instances = new InstanceCapacity(this, 'Instances', { vpc: props.vpc, cluster, sizing: sizing.instances!, options: props.instances });
    }
    this.strategy = this.instances
      ? [{ capacityProvider: this.instances.capacityProvider.capacityProviderName, weight: 1 }]
      : fargateStrategy(this.sizing);
    this.alarms = new AlarmSet(this, 'Alarms', props.alarms);
    if (this.sizing.spotWeight > 0) {
      this.interruptions = this.countInterruptions();
      this.alarms.add('SpotInterruptions', {
        metric: this.metricInterruptions()!,
        description: 'Spot takes tasks away faster than the rest can be expected to carry.',
        threshold: Math.max(1, Math.floor(tier.maximumTasks * DEFAULTS.capacity.interruptedShare)),
        datapointsToAlarm: 1,
      });
    }
  }

  /** Tasks that were stopped because their Spot capacity was taken away; undefined without Spot. */
  metricInterruptions(options?: cloudwatch.MetricOptions): cloudwatch.Metric | undefined {
    return this.interruptions && new cloudwatch.Metric({
      namespace: 'AWS/Events',
      metricName: 'MatchedEvents',
      dimensionsMap: { RuleName: this.interruptions.ruleName },
      statistic: 'Sum',
      period: ALARM_PERIOD,
      ...options,
    });
  }

  /** Where it belongs to a tier, that has written the workload, and what of the mix is the tier's to decide. */
  private record(props: CapacityMixProps, spotWeight: number): Decision[] {
    if (props.tier !== undefined) {
      return recordDecisions(this, this.sizing.decisions.filter(({ name }) => name !== 'onDemandBase' && name !== 'spotWeight'));
    }
    recordWorkload(this, props.workload);
    return recordDecisions(this, this.sizing.decisions, {
      onDemandBase: props.onDemandBase,
      spotWeight: props.spotShare === undefined ? undefined : spotWeight,
    });
  }

  /** The rule has no target: that it matched is what CloudWatch counts. */
  private countInterruptions(): events.Rule {
    return new events.Rule(this, 'Interruptions', {
      description: 'Tasks that were stopped because their Spot capacity was taken away',
      eventPattern: {
        source: ['aws.ecs'],
        detailType: ['ECS Task State Change'],
        detail: {
          clusterArn: [this.cluster.clusterArn],
          // Fargate says the first, an instance that is taken away the second.
          stopCode: ['SpotInterruption', 'TerminationNotice'],
          // A task changes its state several times on its way out; this is the last.
          lastStatus: ['STOPPED'],
        },
      },
    });
  }
}

/** A base On-Demand, and weights above it. A provider with weight 0 gets no task, so it is left out unless it has the base. */
function fargateStrategy({ onDemandBase, onDemandWeight, spotWeight }: CapacityMixSizing): ecs.CapacityProviderStrategy[] {
  const onDemand = { capacityProvider: 'FARGATE', base: onDemandBase, weight: onDemandWeight };
  return [
    ...(onDemandBase > 0 || onDemandWeight > 0 ? [onDemand] : []),
    ...(spotWeight > 0 ? [{ capacityProvider: 'FARGATE_SPOT', weight: spotWeight }] : []),
  ];
}
