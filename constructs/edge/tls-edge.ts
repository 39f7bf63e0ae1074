import { Annotations, Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import { type Decision, type LoadBalancerSizing, sizeLoadBalancer } from '../../lib/sizing';
import type { StatelessTier } from '../compute/stateless-tier';
import { DEFAULTS } from '../defaults';
import { factsFor, LIMITS } from '../limits';
import { ALARM_PERIOD, AlarmSet } from '../observability/alarm-set';
import { recordDecisions, recordWorkload } from '../sizing-metadata';
import { requireIntegerBetween, requirePattern } from '../validation';
import { AccessLogs } from './access-logs';
import { requireRoutes } from './api-route';
import { HTTPS_PORT } from './http';
import { ListenerRules } from './listener-rules';
import { EdgeTraffic, type TlsEdgeProps } from './tls-edge-props';

/** ARN of a certificate of AWS Certificate Manager. */
const CERTIFICATE_ARN = /^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate\/[A-Za-z0-9-]+$/;

/** What `sizeLoadBalancer` tells of one load balancer, by whose requests pass it. */
const DECISIONS: { readonly [traffic in EdgeTraffic]: readonly string[] } = {
  [EdgeTraffic.ALL]: ['sharedUnits', 'handshakesPerSecond'],
  [EdgeTraffic.PUBLIC]: ['publicUnits', 'publicReservedUnits'],
  [EdgeTraffic.PARTNER]: ['partnerUnits', 'partnerReservedUnits'],
};

/**
 * A load balancer that speaks nothing but TLS 1.3 and 1.2, in front of a `StatelessTier`. It lets the routes through that it knows, asks for
 * a token where it is told how, and writes down every request.
 */
export class TlsEdge extends Construct implements ec2.IConnectable {
  /** The load balancer. */
  readonly loadBalancer: elbv2.ApplicationLoadBalancer;
  /** The one listener, on port 443. */
  readonly listener: elbv2.ApplicationListener;
  /** The load balancer's access logs. */
  readonly accessLogs: AccessLogs;
  /** Who may connect to the load balancer. */
  readonly connections: ec2.Connections;
  /** Name of the edge among the fronts of its tier. */
  readonly frontName: string;
  /** What passes the load balancers of a cell. */
  readonly sizing: LoadBalancerSizing;
  /** The sizes with their reasons, as they stand in the template's metadata. */
  readonly decisions: readonly Decision[];
  /** Alarms by name: they are there once the edge serves a tier. */
  readonly alarms: AlarmSet;

  private served?: elbv2.ApplicationTargetGroup;

  constructor(scope: Construct, id: string, private readonly props: TlsEdgeProps) {
    super(scope, id);
    this.frontName = props.frontName ?? id.replace(/[^A-Za-z0-9]/g, '');
    this.requireBounds(props);
    const traffic = props.traffic ?? EdgeTraffic.ALL;
    this.sizing = sizeLoadBalancer(props.workload, factsFor(this, props.facts));
    recordWorkload(this, props.workload);
    this.decisions = this.recordUnits(traffic);
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;

    this.accessLogs = new AccessLogs(this, 'AccessLogs', { retention: props.accessLogRetention, removalPolicy });
    this.loadBalancer = new elbv2.ApplicationLoadBalancer(this, 'LoadBalancer', {
      vpc: props.vpc,
      vpcSubnets: props.subnets ?? (this.internetFacing ? { subnetType: ec2.SubnetType.PUBLIC } : undefined),
      internetFacing: this.internetFacing,
      dropInvalidHeaderFields: true,
      desyncMitigationMode: elbv2.DesyncMitigationMode.STRICTEST,
      deletionProtection: removalPolicy !== RemovalPolicy.DESTROY,
      http2Enabled: true,
      minimumCapacityUnit: this.reservedUnits(traffic) || undefined,
    });
    this.accessLogs.collect(this.loadBalancer);
    this.connections = this.loadBalancer.connections;
    this.listener = this.createListener();
    this.alarms = new AlarmSet(this, 'Alarms', props.alarms);
    this.node.addValidation({ validate: () => (this.served ? [] : ['`serve` must be called: an edge without a tier answers nothing']) });
    if (props.auth?.atLoadBalancer && !this.internetFacing) {
      Annotations.of(this).addWarningV2(
        'cdk-high-throughput:key-set-out-of-reach',
        'an internal load balancer fetches the key set of `auth` through a NAT gateway only; without one, state `atLoadBalancer: false`',
      );
    }
  }

  /** Where the listener sends requests. @throws Error before `serve` was called */
  get targetGroup(): elbv2.ApplicationTargetGroup {
    if (this.served === undefined) {
      throw new Error('`serve` must be called before the target group is there');
    }
    return this.served;
  }

  /**
   * Sends the requests of this edge to a tier.
   *
   * @throws Error when the edge serves a tier already, or as `StatelessTier.receiveFrom` does.
   */
  serve(tier: StatelessTier): void {
    if (this.served !== undefined) {
      throw new Error('`serve` must be called once: an edge serves one tier');
    }
    this.served = this.createTargetGroup(tier);
    const { auth, routes, hiddenPaths } = this.props;
    const rules = new ListenerRules(this.listener, this.served);
    if (auth !== undefined || routes !== undefined) {
      rules.letThrough(auth?.routes ?? routes ?? [], auth);
    } else {
      rules.hide(hiddenPaths ?? [...new Set([tier.readinessPath, '/healthz', '/metrics'])]);
    }
    tier.receiveFrom({ name: this.frontName, loadBalancer: this.loadBalancer, targetGroup: this.served });
    this.createAlarms();
  }

  /** Seconds from a request's arrival at the load balancer to the answer's first byte. The 99th percentile unless stated otherwise. */
  metricLatency(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.targetGroup.metrics.targetResponseTime({ statistic: 'p99', period: ALARM_PERIOD, ...options });
  }

  /** Requests that were sent to a task. */
  metricRequests(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.loadBalancer.metrics.requestCount({ statistic: 'Sum', period: ALARM_PERIOD, ...options });
  }

  /** Connections that failed because client and load balancer did not agree on TLS, or the client's certificate was refused. */
  metricFailedHandshakes(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.loadBalancer.metrics.clientTlsNegotiationErrorCount({ statistic: 'Sum', period: ALARM_PERIOD, ...options });
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

  private get internetFacing(): boolean {
    return this.props.internetFacing ?? true;
  }

  private requireBounds(props: TlsEdgeProps): void {
    requirePattern('certificateArn', props.certificateArn, CERTIFICATE_ARN, 'the ARN of an ACM certificate');
    if ((props.certificateArn === undefined) === (props.certificate === undefined)) {
      throw new Error(`\`certificateArn\` or \`certificate\` must be given, got: ${props.certificate === undefined ? 'neither' : 'both'}`);
    }
    requirePattern('frontName', this.frontName, /^[A-Za-z][A-Za-z0-9]*$/, 'letters and digits, starting with a letter');
    if (props.auth !== undefined && props.routes !== undefined) {
      throw new Error('`routes` must be those of `auth` where that is given, got: both');
    }
    requireRoutes(props.routes ?? [], 0);
    requireIntegerBetween('hiddenPaths', props.hiddenPaths?.length, 1, LIMITS.listenerRule.values);
    props.hiddenPaths?.forEach((path) => requirePattern('hiddenPaths', path, /^\/\S*$/, 'paths'));
  }

  /** What the load balancer takes. A reservation that is not made is told as such. */
  private recordUnits(traffic: EdgeTraffic): Decision[] {
    const told = this.sizing.decisions.filter(({ name }) => DECISIONS[traffic].includes(name));
    const reservation = told.find(({ name }) => name.endsWith('ReservedUnits'));
    const given = reservation !== undefined && reservation.value !== this.reservedUnits(traffic) ? { [reservation.name]: 0 } : {};
    return recordDecisions(this, told, given);
  }

  private reservedUnits(traffic: EdgeTraffic): number {
    if (!this.props.reserveCapacity || traffic === EdgeTraffic.ALL) {
      return 0;
    }
    return traffic === EdgeTraffic.PUBLIC ? this.sizing.public.reservedUnits : this.sizing.partner.reservedUnits;
  }

  private createListener(): elbv2.ApplicationListener {
    const { props } = this;
    const certificate = props.certificate ?? acm.Certificate.fromCertificateArn(this, 'Certificate', String(props.certificateArn));
    const closed = props.auth !== undefined || props.routes !== undefined;
    const listener = this.loadBalancer.addListener('Https', {
      port: HTTPS_PORT,
      protocol: elbv2.ApplicationProtocol.HTTPS,
      sslPolicy: elbv2.SslPolicy.TLS13_12_RES_PQ,
      certificates: [certificate],
      open: false,
      // What no rule lets through is not there: health checks come from inside and need no listener.
      defaultAction: closed ? ListenerRules.notFound() : undefined,
      mutualAuthentication: props.mutualAuthentication,
      ...props.listenerProps,
    });
    const clients = props.clients ?? [this.internetFacing ? ec2.Peer.anyIpv4() : ec2.Peer.ipv4(props.vpc.vpcCidrBlock)];
    clients.forEach((peer) => listener.connections.allowDefaultPortFrom(peer, 'Clients'));
    return listener;
  }

  private createTargetGroup(tier: StatelessTier): elbv2.ApplicationTargetGroup {
    return new elbv2.ApplicationTargetGroup(this, 'Targets', {
      vpc: this.props.vpc,
      port: tier.containerPort,
      protocol: elbv2.ApplicationProtocol.HTTP,
      targetType: elbv2.TargetType.IP,
      deregistrationDelay: tier.drainTime,
      loadBalancingAlgorithmType: elbv2.TargetGroupLoadBalancingAlgorithmType.LEAST_OUTSTANDING_REQUESTS,
      healthCheck: {
        path: tier.readinessPath,
        healthyHttpCodes: '200',
        interval: DEFAULTS.tier.healthCheckInterval,
        timeout: DEFAULTS.tier.healthCheckTimeout,
        healthyThresholdCount: DEFAULTS.tier.healthyChecks,
        unhealthyThresholdCount: DEFAULTS.tier.unhealthyChecks,
      },
      ...this.props.targetGroupProps,
    });
  }

  private createAlarms(): void {
    this.alarms.add('Errors', {
      metric: this.metricErrorPercent(),
      description: `More than ${DEFAULTS.alarm.errorPercent} % of the requests end in a server error.`,
      threshold: DEFAULTS.alarm.errorPercent,
    });
    const target = this.props.workload.latencyTarget.accept;
    this.alarms.add('Latency', {
      metric: this.metricLatency({ statistic: `p${target.percentile}` }),
      description: 'Answers take longer than the latency target allows.',
      threshold: Duration.millis(target.milliseconds).toSeconds({ integral: false }),
      evaluationPeriods: DEFAULTS.alarm.latencyMinutes,
      datapointsToAlarm: DEFAULTS.alarm.persistentMinutes,
    });
    this.alarms.add('UnhealthyTasks', {
      metric: this.targetGroup.metrics.unhealthyHostCount({ statistic: 'Maximum', period: ALARM_PERIOD }),
      description: 'Tasks do not get ready.',
      threshold: 0,
      datapointsToAlarm: DEFAULTS.alarm.persistentMinutes,
    });
    this.alarms.add('RejectedConnections', {
      metric: this.loadBalancer.metrics.rejectedConnectionCount({ statistic: 'Sum', period: ALARM_PERIOD }),
      description: 'The load balancer refused connections: it is at its limit.',
      threshold: 0,
    });
  }
}
