import type { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { Facts } from '../../lib/facts';
import type { Workload } from '../../lib/workload';
import type { AlarmOptions } from '../observability/alarm-set';

/** Properties of `StatelessTier`. */
export interface StatelessTierProps {
  /** What the tier must carry; in a system of several cells, the share of one cell. */
  readonly workload: Workload;

  /**
   * Limits and measurements that the size rests on.
   *
   * @default - the shipped facts for the region of the stack
   */
  readonly facts?: Facts;

  /** Network of load balancer and tasks. */
  readonly vpc: ec2.IVpc;

  /**
   * Subnets of the load balancer.
   *
   * @default - the public subnets
   */
  readonly loadBalancerSubnets?: ec2.SubnetSelection;

  /**
   * Subnets of the tasks.
   *
   * @default - the private subnets
   */
  readonly taskSubnets?: ec2.SubnetSelection;

  /** ARN of the certificate that the load balancer shows. There is no listener without one. */
  readonly certificateArn: string;

  /** Image of the container, for arm64: `ecs.ContainerImage.fromAsset(assetFolder('payment-api'), …)`, for example. */
  readonly image: ecs.ContainerImage;

  /**
   * Port on which the container listens, 1024 to 65535: below, it would have to be root.
   *
   * @default 8080
   */
  readonly containerPort?: number;

  /**
   * Environment variables of the container.
   *
   * @default - none
   */
  readonly environment?: { readonly [name: string]: string };

  /**
   * User and group that the container runs as, in numbers; not root.
   *
   * @default '1000:1000'
   */
  readonly user?: string;

  /**
   * Path that answers 200 once a task can do its work.
   *
   * @default '/readyz'
   */
  readonly readinessPath?: string;

  /**
   * How long requests of a task that stops may go on, 1 to 120 seconds.
   *
   * @default Duration.seconds(30)
   */
  readonly drainTime?: Duration;

  /**
   * Fewest tasks, 1 or more.
   *
   * @default - derived from the workload
   */
  readonly minimumTasks?: number;

  /**
   * Most tasks, at least the fewest.
   *
   * @default - derived from the workload
   */
  readonly maximumTasks?: number;

  /**
   * Key of the container's log. Its policy must name `logs.amazonaws.com`, as that of `DataClass.OPERATIONS` does.
   *
   * @default - a new customer managed key
   */
  readonly logEncryptionKey?: kms.IKey;

  /**
   * How long log lines are kept.
   *
   * @default RetentionDays.ONE_YEAR
   */
  readonly logRetention?: logs.RetentionDays;

  /**
   * What becomes of logs when the stack goes. Unless it is DESTROY, the load balancer is protected against deletion as well.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * Changes to the alarms `Errors`, `Latency`, `UnhealthyTasks` and `RejectedConnections`.
   *
   * @default - all on, calling nobody
   */
  readonly alarms?: AlarmOptions;

  /**
   * CDK's own properties of the task, laid over what this construct decides.
   *
   * @default - none
   */
  readonly taskDefinitionProps?: ecs.FargateTaskDefinitionProps;

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
