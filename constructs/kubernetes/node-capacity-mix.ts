import type { Size } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { requirePattern } from '../validation';
import type { DisruptionBudget, Ec2NodeClass, NodePool, NodeRequirement } from './api/karpenter';
import { type ApiObject, k8s } from './cdk8s';
import { customObject } from './custom-object';
import { KUBERNETES } from './defaults';
import type { CarriedPods, CarriedTier, NodeCapacityMixProps } from './node-capacity-mix-props';
import { PriorityLevel } from './priority-ladder';
import { SPOT_TAINT } from './spot-taint';

const CAPACITY = 'karpenter.sh/capacity-type';
const PAUSE_IMAGE = 'registry.k8s.io/pause@sha256:7031c1b283388d2c2e09b57badb803c05ebed362dc88d84b480cc47f72a21097';
const FAMILIES = ['c7g', 'c8g', 'm7g', 'm8g'];
const MILLI = 1000;
/** Whom the pause image runs as. */
const NOBODY = 65_535;
const SIZES = ['xlarge', '2xlarge', '4xlarge', '8xlarge'];

interface Resources {
  readonly vcpus: number;
  readonly memoryMiB: number;
}

/**
 * Nodes of Karpenter in the order of their price: what is reserved, On-Demand, then Spot for what may be taken away. Each pool is limited to what the
 * tiers need, so that a mistake in one does not buy a data centre; nodes live two weeks; at the peak only empty ones go. Pods that keep room stand
 * at the lowest priority: what is paid for them is the time that a new node takes.
 *
 * @see https://karpenter.sh/docs/concepts/nodepools/
 */
export class NodeCapacityMix extends Construct {
  /** Label and taint of nodes on Spot: pods that may run there tolerate it. */
  static readonly SPOT_TAINT = SPOT_TAINT;

  /** The pools, the first to be used first. */
  readonly pools: readonly ApiObject[];
  /** What a node is. */
  readonly nodeClass: ApiObject;
  /** Pods that keep room, and give way. */
  readonly headroom: k8s.KubeDeployment;
  /** Instance types of the pool on Spot. */
  readonly spotTypes: readonly string[];

  /** @throws Error for no tier, and for too few types on Spot. */
  constructor(scope: Construct, id: string, private readonly props: NodeCapacityMixProps) {
    super(scope, id);
    requirePattern('imageVersion', props.imageVersion, /^v\d{8}$/, 'a version such as v20260101');
    if (props.tiers.length === 0) {
      throw new Error('`tiers` must have at least one, got: none');
    }
    this.spotTypes = props.spotTypes ?? FAMILIES.flatMap((family) => SIZES.map((size) => `${family}.${size}`));
    if (this.spotTypes.length < KUBERNETES.nodes.spotTypes) {
      throw new Error(`\`spotTypes\` must name at least ${KUBERNETES.nodes.spotTypes}, got: ${this.spotTypes.length}; few types are taken away together`);
    }
    this.nodeClass = this.createNodeClass();
    const onSpot = props.tiers.filter(({ mayRunOnSpot }) => mayRunOnSpot);
    this.pools = [
      ...((props.reserved ?? true) ? [this.pool('reserved', KUBERNETES.nodes.reservedWeight, ['reserved'], base(props.tiers))] : []),
      this.pool('on-demand', KUBERNETES.nodes.onDemandWeight, ['on-demand'], most(props.tiers)),
      ...(onSpot.length > 0 ? [this.spotPool(most(onSpot))] : []),
    ];
    this.headroom = this.createHeadroom();
  }

  private createNodeClass(): ApiObject {
    const { clusterName, nodeRole, imageVersion, tags, volume, volumeKeyArn } = this.props;
    return customObject<Ec2NodeClass>(this, 'NodeClass', {
      apiVersion: 'karpenter.k8s.aws/v1',
      kind: 'EC2NodeClass',
      metadata: { name: 'default' },
      spec: {
        role: nodeRole,
        ...(tags !== undefined && { tags }),
        amiSelectorTerms: [{ alias: `bottlerocket@${imageVersion}` }],
        // Clusters may share subnets, and a tag has one value.
        subnetSelectorTerms: [{ tags: { [`kubernetes.io/cluster/${clusterName}`]: 'shared' } }],
        securityGroupSelectorTerms: [{ tags: { 'karpenter.sh/discovery': clusterName } }],
        ...((this.props.reserved ?? true) && { capacityReservationSelectorTerms: [{ tags: { 'cdk-high-throughput:reservation': clusterName } }] }),
        // Pods do not reach the role of their node: they have one of their own.
        metadataOptions: { httpTokens: 'required', httpPutResponseHopLimit: 1 },
        blockDeviceMappings: [{
          deviceName: '/dev/xvdb',
          ebs: {
            volumeSize: gibibytes(volume),
            volumeType: 'gp3',
            encrypted: true,
            ...(volumeKeyArn !== undefined && { kmsKeyID: volumeKeyArn }),
          },
        }],
      },
    });
  }

  private pool(
    name: string, weight: number, capacity: readonly string[], limits: Resources, more: readonly NodeRequirement[] = [], spot = false,
  ): ApiObject {
    const { nodes, longestDrain } = KUBERNETES;
    return customObject<NodePool>(this, name, {
      apiVersion: 'karpenter.sh/v1',
      kind: 'NodePool',
      metadata: { name },
      spec: {
        weight,
        limits: { cpu: String(Math.ceil(limits.vcpus)), memory: `${Math.ceil(limits.memoryMiB)}Mi` },
        disruption: {
          consolidationPolicy: 'WhenEmptyOrUnderutilized',
          consolidateAfter: `${nodes.consolidateAfter.toSeconds()}s`,
          budgets: this.budgets(),
        },
        template: {
          metadata: { labels: { 'cdk-high-throughput.dev/capacity': name } },
          spec: {
            expireAfter: `${nodes.life.toHours()}h`,
            terminationGracePeriod: `${longestDrain.toSeconds()}s`,
            nodeClassRef: { group: 'karpenter.k8s.aws', kind: 'EC2NodeClass', name: 'default' },
            requirements: [
              { key: CAPACITY, operator: 'In', values: capacity },
              { key: 'kubernetes.io/arch', operator: 'In', values: ['arm64'] },
              ...more,
            ],
            ...(spot && { taints: [{ key: SPOT_TAINT, effect: 'NoSchedule' as const }] }),
          },
        },
      },
    });
  }

  private spotPool(limits: Resources): ApiObject {
    const types = { key: 'node.kubernetes.io/instance-type', operator: 'In' as const, values: [...this.spotTypes] };
    return this.pool('spot', KUBERNETES.nodes.spotWeight, ['spot'], limits, [types], true);
  }

  /** The most restrictive budget wins: in peak hours nothing moves but what is empty. */
  private budgets(): DisruptionBudget[] {
    const { peakHours } = this.props;
    return [
      { nodes: `${KUBERNETES.nodes.disruptedPercent}%` },
      ...(peakHours === undefined ? [] : [{ nodes: '0', reasons: ['Underutilized', 'Drifted'] as const, ...peakHours }]),
    ];
  }

  /** Pods of the size of those of the first tier, which do nothing. */
  private createHeadroom(): k8s.KubeDeployment {
    const { sizing } = this.props.tiers[0];
    const labels = { 'app.kubernetes.io/name': 'headroom' };
    const resources = { cpu: k8s.Quantity.fromString(`${sizing.cpuRequest * MILLI}m`), memory: k8s.Quantity.fromString(`${sizing.memory.toMebibytes()}Mi`) };
    return new k8s.KubeDeployment(this, 'Headroom', {
      metadata: { name: 'headroom', labels },
      spec: {
        replicas: Math.ceil(sizing.peakReplicas * KUBERNETES.nodes.headroomShare),
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            priorityClassName: PriorityLevel.HEADROOM.className,
            automountServiceAccountToken: false,
            terminationGracePeriodSeconds: 0,
            nodeSelector: { 'kubernetes.io/arch': 'arm64' },
            securityContext: { runAsNonRoot: true, runAsUser: NOBODY, seccompProfile: { type: 'RuntimeDefault' } },
            containers: [{
              name: 'pause',
              image: PAUSE_IMAGE,
              resources: { requests: resources, limits: { memory: resources.memory } },
              securityContext: {
                allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, runAsNonRoot: true, capabilities: { drop: ['ALL'] },
              },
            }],
          },
        },
      },
    });
  }
}

/** What runs at any time: what is worth to be reserved. */
function base(tiers: readonly CarriedTier[]): Resources {
  return sum(tiers, ({ minimumReplicas }) => minimumReplicas);
}

/** What all tiers take at the bound of their autoscalers, and the room that is kept besides. */
function most(tiers: readonly CarriedTier[]): Resources {
  return sum(tiers, ({ maximumReplicas, peakReplicas }) => maximumReplicas + Math.ceil(peakReplicas * KUBERNETES.nodes.headroomShare));
}

function sum(tiers: readonly CarriedTier[], pods: (sizing: CarriedPods) => number): Resources {
  const total = (of: (sizing: CarriedPods) => number): number => tiers.reduce((before, { sizing }) => before + pods(sizing) * of(sizing), 0);
  const { nodes } = KUBERNETES;
  // What nodes keep for themselves and what does not fit onto the last one.
  const vcpus = total(({ cpuRequest }) => cpuRequest) * nodes.limitFactor;
  return {
    vcpus,
    // A limit counts the memory that nodes have: one that pods ask for would leave half of the vCPU unused.
    memoryMiB: Math.max(total(({ memory }) => memory.toMebibytes()) * nodes.limitFactor, vcpus * nodes.memoryPerVcpu.toMebibytes()),
  };
}

function gibibytes(volume: Size | undefined): string {
  return `${volume?.toGibibytes() ?? KUBERNETES.nodes.volumeGiB}Gi`;
}
