import type { Size } from 'aws-cdk-lib';

/** When nodes are left alone, as the peak passes over them. */
export interface QuietForNodes {
  /** Beginning, as cron writes it, in UTC: `0 8 * * 1-5`. */
  readonly schedule: string;
  /** Length, e.g. `10h`. */
  readonly duration: string;
}

/** Pods of one form, and how many there may be. What `sizePodTier` gives is one. */
export interface CarriedPods {
  /** vCPU that a pod requests. */
  readonly cpuRequest: number;
  /** Memory that a pod requests. */
  readonly memory: Size;
  /** Pods that always run. */
  readonly minimumReplicas: number;
  /** Pods at the peak. */
  readonly peakReplicas: number;
  /** Bound of the autoscaler. */
  readonly maximumReplicas: number;
}

/** A tier of pods that the nodes carry. */
export interface CarriedTier {
  /** Its size. */
  readonly sizing: CarriedPods;
  /**
   * Whether Spot may carry what is above the base: what it takes away at two minutes' notice must be done by others.
   *
   * @default false
   */
  readonly mayRunOnSpot?: boolean;
}

/** What the nodes of a cluster are made with. */
export interface NodeCapacityMixProps {
  /**
   * Name of the EKS cluster. Subnets of its nodes carry the tag `kubernetes.io/cluster/<name>`: `shared`, their security group
   * `karpenter.sh/discovery`: `<name>`; `KubernetesCluster` sees to both.
   */
  readonly clusterName: string;
  /** Name of the role of the nodes. */
  readonly nodeRole: string;
  /** The tiers that they carry. */
  readonly tiers: readonly CarriedTier[];
  /**
   * Version of the images of the nodes, as `v20260101`: what runs tomorrow is what was tried.
   *
   * @default - none: the alias of the newest image is refused, so it must be given
   */
  readonly imageVersion: string;
  /**
   * Whether On-Demand Capacity Reservations with the tag `cdk-high-throughput:reservation` = `clusterName` are used first.
   *
   * @default true
   */
  readonly reserved?: boolean;
  /**
   * When no node is replaced but an empty one.
   *
   * @default - never
   */
  readonly peakHours?: QuietForNodes;
  /**
   * Instance types of the pool on Spot: the more, the fewer are taken away together.
   *
   * @default - arm64 types of four families and four sizes
   */
  readonly spotTypes?: readonly string[];
  /**
   * Key that encrypts the volumes.
   *
   * @default - the key of EBS in the account
   */
  readonly volumeKeyArn?: string;
  /**
   * Tags of the nodes and of their volumes: no stack passes its own on to what Karpenter makes, and a budget that looks for a tag sees nothing else.
   *
   * @default - none but those of Karpenter
   */
  readonly tags?: { readonly [key: string]: string };
  /**
   * Volume of a node.
   *
   * @default Size.gibibytes(50)
   */
  readonly volume?: Size;
}
