import type { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type * as acm from 'aws-cdk-lib/aws-certificatemanager';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Facts } from '../../lib/facts';
import type { Workload } from '../../lib/workload';
import type { AlarmOptions } from '../observability/alarm-set';
import type { ApiAuth } from './api-auth';
import type { ApiRoute } from './api-route';

/** Whose requests pass an edge: what part of a workload's requests its load balancer is sized for. */
export enum EdgeTraffic {
  /** Everybody's: there is one edge. */
  ALL = 'shared',
  /** The workload's `publicEdgeShare`: people and their devices. */
  PUBLIC = 'public',
  /** The rest: servers of partners, with client certificates. */
  PARTNER = 'partner',
}

/** What the load balancers of all edges may be given. */
export interface EdgeOptions {
  /**
   * Limits and measurements that the size rests on.
   *
   * @default - the shipped facts for the region of the stack
   */
  readonly facts?: Facts;

  /** Network of the load balancer. */
  readonly vpc: ec2.IVpc;

  /**
   * Subnets of the load balancer.
   *
   * @default - the public subnets; the private ones for an internal load balancer
   */
  readonly subnets?: ec2.SubnetSelection;

  /**
   * Certificate that the load balancer shows, by its ARN.
   *
   * @default - `certificate`; one of the two must be there
   */
  readonly certificateArn?: string;

  /**
   * Certificate that the load balancer shows.
   *
   * @default - `certificateArn`; one of the two must be there
   */
  readonly certificate?: acm.ICertificate;

  /**
   * Whether the capacity units that an unannounced ramp needs are reserved, where any are. An account must have been granted some before.
   *
   * @default false
   */
  readonly reserveCapacity?: boolean;

  /**
   * How long access logs are kept.
   *
   * @default Duration.days(365)
   */
  readonly accessLogRetention?: Duration;

  /**
   * What becomes of logs when the stack goes. Unless it is DESTROY, the load balancer is protected against deletion as well.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * CDK's own properties of the target group, laid over what this construct decides.
   *
   * @default - none
   */
  readonly targetGroupProps?: elbv2.ApplicationTargetGroupProps;

  /**
   * CDK's own properties of the listener, laid over what this construct decides.
   *
   * @default - none
   */
  readonly listenerProps?: elbv2.BaseApplicationListenerProps;
}

/** Properties of `TlsEdge`. */
export interface TlsEdgeProps extends EdgeOptions {
  /** What the system, or in a system of several cells this cell, must carry. */
  readonly workload: Workload;

  /**
   * Whose requests pass this edge.
   *
   * @default EdgeTraffic.ALL
   */
  readonly traffic?: EdgeTraffic;

  /**
   * Whether the internet reaches the load balancer.
   *
   * @default true
   */
  readonly internetFacing?: boolean;

  /**
   * Who may connect.
   *
   * @default - everybody; for an internal load balancer, the network's own addresses
   */
  readonly clients?: ec2.IPeer[];

  /**
   * How clients prove who they are, and which routes there are.
   *
   * @default - the edge asks nobody, and lets `routes` through
   */
  readonly auth?: ApiAuth;

  /**
   * What is let through where there is no `auth`; all else is answered 404.
   *
   * @default - everything but `hiddenPaths`
   */
  readonly routes?: ApiRoute[];

  /**
   * Paths that the edge answers 404, where everything else is let through: at most 5.
   *
   * @default - '/healthz', '/metrics' and the tier's own readiness path
   */
  readonly hiddenPaths?: string[];

  /**
   * Client certificates.
   *
   * @default - none are asked for
   */
  readonly mutualAuthentication?: elbv2.MutualAuthentication;

  /**
   * Name of the edge among the fronts of its tier: letters and digits, starting with a letter.
   *
   * @default - the letters and digits of the construct's id
   */
  readonly frontName?: string;

  /**
   * Changes to the alarms `Errors`, `Latency`, `UnhealthyTasks` and `RejectedConnections`.
   *
   * @default - all on, calling nobody
   */
  readonly alarms?: AlarmOptions;
}
