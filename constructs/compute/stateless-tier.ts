import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { Facts } from '../../lib/facts';
import { type Decision, sizeLoadBalancer, sizeStatelessTier, type StatelessTierSizing } from '../../lib/sizing';
import type { Workload } from '../../lib/workload';
import { DEFAULTS } from '../defaults';
import { factsFor, LIMITS } from '../limits';
import { ALARM_PERIOD, AlarmSet } from '../observability/alarm-set';
import { OperationsLog } from '../observability/operations-log';
import { customerKey } from '../security/customer-key';
import { DataClass } from '../security/data-class';
import { recordDecisions, recordWorkload } from '../sizing-metadata';
import { requireDurationBetween, requireIntegerBetween, requirePattern } from '../validation';
import { AccessLogs } from './access-logs';
import type { StatelessTierProps } from './stateless-tier-props';

/** ARN of a certificate of AWS Certificate Manager. */
const CERTIFICATE_ARN = /^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate\/[A-Za-z0-9-]+$/;

/** What `sizeLoadBalancer` tells of the one load balancer here, which follows the load by itself. */
const BALANCER_DECISIONS: readonly string[] = ['sharedUnits', 'handshakesPerSecond'];

/**
 * A load balancer that speaks nothing but TLS 1.3 and 1.2, in front of containers on Fargate that keep no state: a base on demand and
 * Spot above it, following the requests and the processor, rolled back when a deployment fails.
 */
export class StatelessTier extends Construct implements iam.IGrantable, ec2.IConnectable {
  /** The load balancer. */
  readonly loadBalancer: elbv2.ApplicationLoadBalancer;
  /** The one listener, on port 443. */
  readonly listener: elbv2.ApplicationListener;
  /** Where the listener sends requests. */
  readonly targetGroup: elbv2.ApplicationTargetGroup;
  /** The load balancer's access logs. */
  readonly accessLogs: AccessLogs;
  /** The cluster. */
  readonly cluster: ecs.Cluster;
  /** The task. */
  readonly taskDefinition: ecs.FargateTaskDefinition;
  /** The container. */
  readonly container: ecs.ContainerDefinition;
  /** The service. */
  readonly service: ecs.FargateService;
  /** What scales the service. */
  readonly scaling: ecs.ScalableTaskCount;
  /** The container's log. */
  readonly logGroup: OperationsLog;
  /** The task's role. */
  readonly grantPrincipal: iam.IPrincipal;
  /** Who may connect to the load balancer. */
  readonly connections: ec2.Connections;
  /** The sizes in force, with every override in its place. */
  readonly sizing: StatelessTierSizing;
  /** The sizes with their reasons, as they stand in the template's metadata. */
  readonly decisions: readonly Decision[];
  /** Alarms by name. */
  readonly alarms: AlarmSet;

  constructor(scope: Construct, id: string, private readonly props: StatelessTierProps) {
    super(scope, id);
    this.requireBounds(props);
    const facts = factsFor(this, props.facts);
    const derived = sizeStatelessTier(props.workload, facts);
    recordWorkload(this, props.workload);
    this.decisions = recordDecisions(
      this,
      [...derived.decisions, ...balancerDecisions(props.workload, facts)],
      { minimumTasks: props.minimumTasks, maximumTasks: props.maximumTasks },
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
    this.cluster = new ecs.Cluster(this, 'Cluster', {
      vpc: props.vpc,
      enableFargateCapacityProviders: true,
      containerInsightsV2: ecs.ContainerInsights.ENABLED,
    });
    this.taskDefinition = this.createTaskDefinition();
    this.container = this.createContainer();
    this.service = this.createService();
    // CloudFormation sees no order between the two, but ECS takes no capacity provider from a cluster while a service uses it.
    this.service.node.addDependency(this.cluster);
    this.grantPrincipal = this.taskDefinition.taskRole;

    this.accessLogs = new AccessLogs(this, 'AccessLogs', { removalPolicy });
    this.loadBalancer = new elbv2.ApplicationLoadBalancer(this, 'LoadBalancer', {
      vpc: props.vpc,
      vpcSubnets: props.loadBalancerSubnets ?? { subnetType: ec2.SubnetType.PUBLIC },
      internetFacing: true,
      dropInvalidHeaderFields: true,
      desyncMitigationMode: elbv2.DesyncMitigationMode.STRICTEST,
      deletionProtection: removalPolicy !== RemovalPolicy.DESTROY,
      http2Enabled: true,
    });
    this.accessLogs.collect(this.loadBalancer);
    this.connections = this.loadBalancer.connections;
    this.targetGroup = this.createTargetGroup();
    this.listener = this.loadBalancer.addListener('Https', {
      port: 443,
      protocol: elbv2.ApplicationProtocol.HTTPS,
      sslPolicy: elbv2.SslPolicy.TLS13_12_RES_PQ,
      certificates: [acm.Certificate.fromCertificateArn(this, 'Certificate', props.certificateArn)],
      open: true,
      defaultTargetGroups: [this.targetGroup],
      ...props.listenerProps,
    });
    this.scaling = this.createScaling();
    this.alarms = this.createAlarms();
  }

  /** Seconds from a request's arrival at the load balancer to the answer's first byte. The 99th percentile unless stated otherwise. */
  metricLatency(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.targetGroup.metrics.targetResponseTime({ statistic: 'p99', period: ALARM_PERIOD, ...options });
  }

  /** Requests that were sent to a task. */
  metricRequests(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.loadBalancer.metrics.requestCount({ statistic: 'Sum', period: ALARM_PERIOD, ...options });
  }

  /** Share of the requests that failed on our side, in percent. */
  metricErrorPercent(): cloudwatch.MathExpression {
    const options = { statistic: 'Sum', period: ALARM_PERIOD };
    return new cloudwatch.MathExpression({
      label: 'Failed requests, percent',
      period: ALARM_PERIOD,
      // Nothing is published for what did not occur, and requests that found no task are not among those counted: when every task is
      // gone, the failures that the load balancer answered itself are all there is.
      expression: '100 * (FILL(target, 0) + FILL(balancer, 0)) / MAX([FILL(requests, 0), FILL(balancer, 0)])',
      usingMetrics: {
        target: this.targetGroup.metrics.httpCodeTarget(elbv2.HttpCodeTarget.TARGET_5XX_COUNT, options),
        balancer: this.loadBalancer.metrics.httpCodeElb(elbv2.HttpCodeElb.ELB_5XX_COUNT, options),
        requests: this.metricRequests(),
      },
    });
  }

  private requireBounds(props: StatelessTierProps): void {
    requirePattern('certificateArn', props.certificateArn, CERTIFICATE_ARN, 'the ARN of an ACM certificate');
    requirePattern('user', props.user, /^[1-9]\d*(:[1-9]\d*)?$/, 'a user and group in numbers, not root');
    requirePattern('readinessPath', props.readinessPath, /^\/\S*$/, 'a path');
    requireIntegerBetween('containerPort', props.containerPort, 1024, 65_535);
    requireDurationBetween('drainTime', props.drainTime, Duration.seconds(1), LIMITS.task.stopTimeout);
    requireIntegerBetween('minimumTasks', props.minimumTasks, 1, Number.MAX_SAFE_INTEGER);
    requireIntegerBetween('maximumTasks', props.maximumTasks, 1, Number.MAX_SAFE_INTEGER);
  }

  private createTaskDefinition(): ecs.FargateTaskDefinition {
    return new ecs.FargateTaskDefinition(this, 'Task', {
      cpu: this.sizing.cpu,
      memoryLimitMiB: this.sizing.memory.toMebibytes(),
      runtimePlatform: { cpuArchitecture: ecs.CpuArchitecture.ARM64, operatingSystemFamily: ecs.OperatingSystemFamily.LINUX },
      ...this.props.taskDefinitionProps,
    });
  }

  private createContainer(): ecs.ContainerDefinition {
    const linuxParameters = new ecs.LinuxParameters(this, 'LinuxParameters', { initProcessEnabled: true });
    linuxParameters.dropCapabilities(ecs.Capability.ALL);
    return this.taskDefinition.addContainer('api', {
      image: this.props.image,
      environment: { ...this.props.environment },
      portMappings: [{ containerPort: this.containerPort, name: 'http' }],
      user: this.props.user ?? '1000:1000',
      readonlyRootFilesystem: true,
      linuxParameters,
      stopTimeout: this.stopTimeout,
      logging: ecs.LogDrivers.awsLogs({ logGroup: this.logGroup, streamPrefix: 'api', mode: ecs.AwsLogDriverMode.NON_BLOCKING }),
    });
  }

  private createService(): ecs.FargateService {
    const securityGroup = new ec2.SecurityGroup(this, 'TaskSecurityGroup', {
      vpc: this.props.vpc,
      description: 'Tasks: requests from the load balancer in, HTTPS to AWS services out',
      allowAllOutbound: false,
    });
    // Gateway endpoints are reached at public addresses, so the way out is open by address; without a route it ends at the endpoints.
    securityGroup.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(443), 'HTTPS to AWS services');
    return new ecs.FargateService(this, 'Service', {
      cluster: this.cluster,
      taskDefinition: this.taskDefinition,
      vpcSubnets: this.props.taskSubnets,
      securityGroups: [securityGroup],
      assignPublicIp: false,
      capacityProviderStrategies: [
        { capacityProvider: 'FARGATE', base: this.sizing.onDemandBase, weight: this.sizing.onDemandWeight },
        { capacityProvider: 'FARGATE_SPOT', weight: this.sizing.spotWeight },
      ],
      circuitBreaker: { rollback: true },
      minHealthyPercent: DEFAULTS.tier.minimumHealthyPercent,
      maxHealthyPercent: DEFAULTS.tier.maximumHealthyPercent,
      healthCheckGracePeriod: DEFAULTS.tier.startGrace,
      availabilityZoneRebalancing: ecs.AvailabilityZoneRebalancing.ENABLED,
      enableECSManagedTags: true,
      propagateTags: ecs.PropagatedTagSource.SERVICE,
    });
  }

  private createTargetGroup(): elbv2.ApplicationTargetGroup {
    return new elbv2.ApplicationTargetGroup(this, 'Targets', {
      vpc: this.props.vpc,
      port: this.containerPort,
      protocol: elbv2.ApplicationProtocol.HTTP,
      targetType: elbv2.TargetType.IP,
      targets: [this.service.loadBalancerTarget({ containerName: this.container.containerName, containerPort: this.containerPort })],
      deregistrationDelay: this.drainTime,
      loadBalancingAlgorithmType: elbv2.TargetGroupLoadBalancingAlgorithmType.LEAST_OUTSTANDING_REQUESTS,
      healthCheck: {
        path: this.props.readinessPath ?? '/readyz',
        healthyHttpCodes: '200',
        interval: DEFAULTS.tier.healthCheckInterval,
        timeout: DEFAULTS.tier.healthCheckTimeout,
        healthyThresholdCount: DEFAULTS.tier.healthyChecks,
        unhealthyThresholdCount: DEFAULTS.tier.unhealthyChecks,
      },
      ...this.props.targetGroupProps,
    });
  }

  private createScaling(): ecs.ScalableTaskCount {
    const scaling = this.service.autoScaleTaskCount({ minCapacity: this.sizing.minimumTasks, maxCapacity: this.sizing.maximumTasks });
    // Up at once, down slowly: a task too many costs less than a queue.
    const { scaleInCooldown, scaleOutCooldown } = DEFAULTS.tier;
    const cooldown = { scaleOutCooldown, scaleInCooldown };
    const { requestsPerTargetPerMinute: requestsPerTarget } = this.sizing;
    scaling.scaleOnRequestCount('Requests', { targetGroup: this.targetGroup, requestsPerTarget, ...cooldown });
    scaling.scaleOnCpuUtilization('Cpu', { targetUtilizationPercent: this.sizing.cpuUtilizationPercent, ...cooldown });
    return scaling;
  }

  private createAlarms(): AlarmSet {
    const alarms = new AlarmSet(this, 'Alarms', this.props.alarms);
    alarms.add('Errors', {
      metric: this.metricErrorPercent(),
      description: `More than ${DEFAULTS.alarm.errorPercent} % of the requests end in a server error.`,
      threshold: DEFAULTS.alarm.errorPercent,
    });
    const target = this.props.workload.latencyTarget.accept;
    alarms.add('Latency', {
      metric: this.metricLatency({ statistic: `p${target.percentile}` }),
      description: 'Answers take longer than the latency target allows.',
      threshold: Duration.millis(target.milliseconds).toSeconds({ integral: false }),
      evaluationPeriods: DEFAULTS.alarm.latencyMinutes,
      datapointsToAlarm: DEFAULTS.alarm.persistentMinutes,
    });
    alarms.add('UnhealthyTasks', {
      metric: this.targetGroup.metrics.unhealthyHostCount({ statistic: 'Maximum', period: ALARM_PERIOD }),
      description: 'Tasks do not get ready.',
      threshold: 0,
      datapointsToAlarm: DEFAULTS.alarm.persistentMinutes,
    });
    alarms.add('RejectedConnections', {
      metric: this.loadBalancer.metrics.rejectedConnectionCount({ statistic: 'Sum', period: ALARM_PERIOD }),
      description: 'The load balancer refused connections: it is at its limit.',
      threshold: 0,
    });
    return alarms;
  }

  private get containerPort(): number {
    return this.props.containerPort ?? DEFAULTS.tier.containerPort;
  }

  private get drainTime(): Duration {
    return this.props.drainTime ?? DEFAULTS.tier.drainTime;
  }

  /** Longer than draining, but no longer than ECS waits. */
  private get stopTimeout(): Duration {
    const wanted = this.drainTime.plus(DEFAULTS.tier.stopReserve);
    return wanted.toSeconds() > LIMITS.task.stopTimeout.toSeconds() ? LIMITS.task.stopTimeout : wanted;
  }
}

/** Capacity units with what each dimension asks for, and the handshakes behind them. */
function balancerDecisions(workload: Workload, facts: Facts): Decision[] {
  return sizeLoadBalancer(workload, facts).decisions.filter(({ name }) => BALANCER_DECISIONS.includes(name));
}
