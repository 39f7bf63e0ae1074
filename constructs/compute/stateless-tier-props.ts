import type { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { Facts } from '../../lib/facts';
import type { Workload } from '../../lib/workload';
import type { AlarmOptions } from '../observability/alarm-set';
import type { CapacityMix } from './capacity-mix';
import type { SessionAffinity } from './session-affinity';
import type { TierBacklog } from './tier-backlog';
import type { QuietHours } from './tier-scaling';
import type { TierSidecar } from './tier-sidecar';

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

  /** Network of the tasks. */
  readonly vpc: ec2.IVpc;

  /**
   * Whether the tasks write payments to the ledger themselves, in the place of a stream and its worker: each then costs more processor time.
   *
   * @default false
   */
  readonly settles?: boolean;

  /**
   * Subnets of the tasks.
   *
   * @default - the private subnets
   */
  readonly taskSubnets?: ec2.SubnetSelection;

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
   * Which capacity carries the tasks: the cluster, and how much of it is On-Demand or Spot.
   *
   * @default - a new `CapacityMix` on Fargate, sized for the workload
   */
  readonly capacity?: CapacityMix;

  /**
   * Memory utilization that scaling aims at, in percent, 1 to 100.
   *
   * @default 75
   */
  readonly memoryUtilizationPercent?: number;

  /**
   * Work that waits for the tier elsewhere than before its fronts: scaling follows it too.
   *
   * @default - none
   */
  readonly backlogs?: TierBacklog[];

  /**
   * Hours in which fewer tasks are enough.
   *
   * @default - none: the bounds hold at every hour
   */
  readonly quietHours?: QuietHours;

  /**
   * Keeps a client on one task. Ask for it only where a task holds something that others do not: a busy client fills its task while others
   * idle, and new tasks take no load from old ones. Rule HT-EDGE-009 flags it; the reason acknowledges it.
   *
   * @default - none: each request goes to the task with the least to do
   */
  readonly affinity?: SessionAffinity;

  /**
   * Containers beside the tier's own, in each task. They share its processors and memory.
   *
   * @default - none
   */
  readonly sidecars?: TierSidecar[];

  /**
   * Share of the container's memory that Node.js may use for its heap, 0 to 1; the rest is for buffers, sockets and code. It is written into
   * `NODE_OPTIONS`, unless that says `--max-old-space-size` itself. With 0 nothing is written.
   *
   * @default 0.6
   */
  readonly heapShare?: number;

  /**
   * Settings of the network of a task, by their names in Linux (`net.…`).
   *
   * @default - room for 4096 connections that wait to be accepted; silent connections are probed after 60 seconds and given up half a minute later
   */
  readonly systemControls?: ecs.SystemControl[];

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
   * What becomes of the log when the stack goes.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * Changes to the alarms `Cpu` and `Memory`.
   *
   * @default - all on, calling nobody
   */
  readonly alarms?: AlarmOptions;

  /**
   * CDK's own properties of the task, laid over what this construct decides. Those that only Fargate has do nothing on instances.
   *
   * @default - none
   */
  readonly taskDefinitionProps?: ecs.FargateTaskDefinitionProps;
}
