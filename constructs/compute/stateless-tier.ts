import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { type Decision, sizeStatelessTier, type StatelessTierSizing } from '../../lib/sizing';
import { DEFAULTS } from '../defaults';
import { factsFor, LIMITS } from '../limits';
import { ALARM_PERIOD, AlarmSet } from '../observability/alarm-set';
import { OperationsLog } from '../observability/operations-log';
import { customerKey } from '../security/customer-key';
import { DataClass } from '../security/data-class';
import { recordDecisions, recordWorkload } from '../sizing-metadata';
import { requireBetween, requireDurationBetween, requireIntegerBetween, requirePattern } from '../validation';
import { CapacityMix } from './capacity-mix';
import { keepClients, requireAffinity } from './session-affinity';
import type { StatelessTierProps } from './stateless-tier-props';
import type { TierFront } from './tier-front';
import { TierScaling } from './tier-scaling';
import type { TierSidecar } from './tier-sidecar';
import { TierTask } from './tier-task';

const WHOLE_PERCENT = 100;

/**
 * Containers that keep no state: a base on demand and Spot above it, following the requests of every front and the processor, rolled back
 * when a deployment fails. Requests reach it through fronts (`receiveFrom`), which an edge makes.
 */
export class StatelessTier extends Construct implements iam.IGrantable, ec2.IConnectable {
  /** Which capacity carries the tasks. */
  readonly capacity: CapacityMix;
  /** The cluster. */
  readonly cluster: ecs.Cluster;
  /** The task. */
  readonly taskDefinition: ecs.TaskDefinition;
  /** The container. */
  readonly container: ecs.ContainerDefinition;
  /** The service. */
  readonly service: ecs.BaseService;
  /** What scales the service. */
  readonly scaling: ecs.ScalableTaskCount;
  /** The container's log. */
  readonly logGroup: OperationsLog;
  /** The task's role. */
  readonly grantPrincipal: iam.IPrincipal;
  /** Port on which the container listens. */
  readonly containerPort: number;
  /** Path that answers 200 once a task can do its work. */
  readonly readinessPath: string;
  /** How long requests of a task that stops may go on. */
  readonly drainTime: Duration;
  /** Who may connect to the tasks. */
  readonly connections: ec2.Connections;
  /** The sizes in force, with every override in its place. */
  readonly sizing: StatelessTierSizing;
  /** The sizes with their reasons, as they stand in the template's metadata. */
  readonly decisions: readonly Decision[];
  /** Alarms by name. */
  readonly alarms: AlarmSet;

  private readonly receiving: TierFront[] = [];
  private readonly scaler: TierScaling;
  private readonly task: TierTask;

  constructor(scope: Construct, id: string, private readonly props: StatelessTierProps) {
    super(scope, id);
    this.requireBounds(props);
    this.containerPort = props.containerPort ?? DEFAULTS.tier.containerPort;
    this.readinessPath = props.readinessPath ?? '/readyz';
    this.drainTime = props.drainTime ?? DEFAULTS.tier.drainTime;
    const facts = factsFor(this, props.facts);
    const derived = sizeStatelessTier(props.workload, facts, { settles: props.settles });
    recordWorkload(this, props.workload);
    this.decisions = recordDecisions(
      this,
      derived.decisions,
      { minimumTasks: props.minimumTasks, maximumTasks: props.maximumTasks, ...statedCapacity(derived, props.capacity) },
    );
    this.sizing = {
      ...derived,
      minimumTasks: props.minimumTasks ?? derived.minimumTasks,
      maximumTasks: props.maximumTasks ?? derived.maximumTasks,
      decisions: [...this.decisions],
    };
    if (this.sizing.minimumTasks > this.sizing.maximumTasks) {
      throw new Error(`\`maximumTasks\` must be at least \`minimumTasks\` = ${this.sizing.minimumTasks}, got: ${this.sizing.maximumTasks}`);
    }
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;

    this.logGroup = new OperationsLog(this, 'Log', {
      encryptionKey: customerKey(this, 'Keys', DataClass.OPERATIONS, props.logEncryptionKey, props.removalPolicy),
      retention: props.logRetention,
      removalPolicy,
    });
    this.capacity = props.capacity ?? new CapacityMix(this, 'Capacity', {
      workload: props.workload,
      facts,
      vpc: props.vpc,
      tier: { ...this.sizing, decisions: derived.decisions },
      alarms: { actions: props.alarms?.actions },
    });
    this.cluster = this.capacity.cluster;
    this.task = new TierTask(this, 'Task', {
      tier: props,
      sizing: this.sizing,
      containerPort: this.containerPort,
      drainTime: this.drainTime,
      logGroup: this.logGroup,
      onInstances: this.capacity.instances !== undefined,
    });
    this.taskDefinition = this.task.definition;
    this.container = this.task.container;
    props.sidecars?.forEach((sidecar) => this.task.addSidecar(sidecar));
    this.service = this.createService();
    // CloudFormation sees no order between the two, but ECS takes no capacity provider from a cluster while a service uses it.
    this.service.node.addDependency(this.capacity);
    this.grantPrincipal = this.taskDefinition.taskRole;

    this.connections = this.service.connections;
    this.scaler = new TierScaling(this, 'Scaling', {
      service: this.service,
      cluster: this.cluster,
      sizing: this.sizing,
      backlogs: props.backlogs,
      quietHours: props.quietHours,
      memoryPercent: props.memoryUtilizationPercent ?? DEFAULTS.tier.memoryPercent,
    });
    this.scaling = this.scaler.taskCount;
    this.alarms = this.createAlarms();
  }

  /** The ways in which requests reach the tasks, in the order in which they were added. */
  get fronts(): readonly TierFront[] {
    return [...this.receiving];
  }

  /**
   * Registers the tasks with the target group of a front, lets its load balancer in on the container's port, and counts its requests
   * among those that scale the tier.
   *
   * @throws Error for a name that another front has, and for more fronts than a service has target groups.
   */
  receiveFrom(front: TierFront): void {
    requirePattern('name', front.name, /^[A-Za-z][A-Za-z0-9]*$/, 'letters and digits, starting with a letter');
    if (this.receiving.some(({ name }) => name === front.name)) {
      throw new Error(`\`name\` must differ from those of the other fronts, got: ${front.name} twice`);
    }
    requireIntegerBetween('fronts', this.receiving.length + 1, 1, LIMITS.service.targetGroups);
    this.receiving.push(front);
    front.targetGroup.addTarget(
      this.service.loadBalancerTarget({ containerName: this.container.containerName, containerPort: this.containerPort }),
    );
    this.service.connections.allowFrom(front.loadBalancer, ec2.Port.tcp(this.containerPort), `Requests of the front ${front.name}`);
    // ECS takes a grace period only of a service that has a load balancer.
    (this.service.node.findChild('Service') as ecs.CfnService).healthCheckGracePeriodSeconds = DEFAULTS.tier.startGrace.toSeconds();
    this.scaler.followRequests(front);
    if (this.props.affinity) {
      keepClients(front.targetGroup, this.props.affinity);
    }
  }

  /**
   * Adds a container to each task, a collector of traces, for example. It starts before the tier's own and stops after it.
   *
   * @throws Error for a name that another container has.
   */
  addSidecar(sidecar: TierSidecar): ecs.ContainerDefinition {
    return this.task.addSidecar(sidecar);
  }

  /** Share of the tasks' processors in use, in percent. The average over all tasks unless stated otherwise. */
  metricCpuUtilization(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.service.metricCpuUtilization({ period: ALARM_PERIOD, ...options });
  }

  /** Share of the tasks' memory in use, in percent. The average over all tasks unless stated otherwise. */
  metricMemoryUtilization(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.service.metricMemoryUtilization({ period: ALARM_PERIOD, ...options });
  }

  private requireBounds(props: StatelessTierProps): void {
    requirePattern('user', props.user, /^[1-9]\d*(:[1-9]\d*)?$/, 'a user and group in numbers, not root');
    requirePattern('readinessPath', props.readinessPath, /^\/\S*$/, 'a path');
    requireIntegerBetween('containerPort', props.containerPort, 1024, 65_535);
    requireDurationBetween('drainTime', props.drainTime, Duration.seconds(1), LIMITS.task.stopTimeout);
    requireBetween('memoryUtilizationPercent', props.memoryUtilizationPercent, 1, WHOLE_PERCENT);
    requireAffinity(props.affinity);
    requireIntegerBetween('minimumTasks', props.minimumTasks, 1, Number.MAX_SAFE_INTEGER);
    requireIntegerBetween('maximumTasks', props.maximumTasks, 1, Number.MAX_SAFE_INTEGER);
  }

  /** Instances need to be told how to spread tasks; Fargate does it by itself. */
  private createService(): ecs.BaseService {
    const securityGroup = new ec2.SecurityGroup(this, 'TaskSecurityGroup', {
      vpc: this.props.vpc,
      description: 'Tasks: requests from the load balancer in, HTTPS to AWS services out',
      allowAllOutbound: false,
    });
    // Gateway endpoints are reached at public addresses, so the way out is open by address; without a route it ends at the endpoints.
    securityGroup.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(443), 'HTTPS to AWS services');
    const common = {
      cluster: this.cluster,
      taskDefinition: this.taskDefinition,
      vpcSubnets: this.props.taskSubnets,
      securityGroups: [securityGroup],
      capacityProviderStrategies: this.capacity.strategy,
      circuitBreaker: { rollback: true },
      minHealthyPercent: DEFAULTS.tier.minimumHealthyPercent,
      maxHealthyPercent: DEFAULTS.tier.maximumHealthyPercent,
      availabilityZoneRebalancing: ecs.AvailabilityZoneRebalancing.ENABLED,
      enableECSManagedTags: true,
      propagateTags: ecs.PropagatedTagSource.SERVICE,
    };
    return this.capacity.instances
      ? new ecs.Ec2Service(this, 'Service', {
        ...common,
        placementStrategies: [ecs.PlacementStrategy.spreadAcross(ecs.BuiltInAttributes.AVAILABILITY_ZONE), ecs.PlacementStrategy.packedByCpu()],
      })
      : new ecs.FargateService(this, 'Service', { ...common, assignPublicIp: false });
  }

  private createAlarms(): AlarmSet {
    const alarms = new AlarmSet(this, 'Alarms', this.props.alarms);
    alarms.add('Cpu', {
      metric: this.metricCpuUtilization(),
      description: 'The tasks are busier than scaling allows: there are as many as there may be, or new ones do not start.',
      threshold: DEFAULTS.alarm.cpuPercent,
      datapointsToAlarm: DEFAULTS.alarm.persistentMinutes,
    });
    alarms.add('Memory', {
      metric: this.metricMemoryUtilization({ statistic: 'Maximum' }),
      description: 'A task is about to be killed for its memory.',
      threshold: DEFAULTS.alarm.memoryPercent,
      datapointsToAlarm: DEFAULTS.alarm.persistentMinutes,
    });
    return alarms;
  }
}

/** What a given mix says otherwise than the workload alone would. */
function statedCapacity(derived: StatelessTierSizing, capacity: CapacityMix | undefined): { [decision: string]: number } {
  const { onDemandBase, spotWeight } = capacity?.sizing ?? derived;
  return {
    ...(onDemandBase !== derived.onDemandBase && { onDemandBase }),
    ...(spotWeight !== derived.spotWeight && { spotWeight }),
  };
}
