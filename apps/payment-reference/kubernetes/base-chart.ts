import type { Construct } from 'constructs';
import { NamespaceBaseline, NodeCapacityMix, PriorityLadder, PriorityLevel, TaskRun } from '../../../constructs/kubernetes';
import { Chart, k8s } from '../../../constructs/kubernetes/cdk8s';
import type { GatewaySizing, PodTierSizing } from '../../../lib/sizing';
import type { Variables } from '../ledger-access';
import { NAMESPACE, UPKEEP } from './names';

/** What looks after the ledger. */
export interface UpkeepOptions {
  readonly image: string;
  readonly variables: Variables;
  /** Changes when image or variables do: the migration then runs again. */
  readonly revision: string;
  /** Which of the cells this is, from 0: they do not all look after the ledger at the same time. */
  readonly cellIndex: number;
}

/** Properties of `BaseChart`. */
export interface BaseChartProps {
  readonly clusterName: string;
  /** Name of the role of nodes that Karpenter makes. */
  readonly nodeRole: string;
  /** Version of the images of nodes, as `v20260101`. */
  readonly nodeImageVersion: string;
  /** Sizes of the pods that the nodes are for. */
  readonly sizes: { readonly api: PodTierSizing; readonly worker: PodTierSizing; readonly gateways: readonly GatewaySizing[] };
  /** Tags of the nodes. */
  readonly tags: { readonly [key: string]: string };
  readonly upkeep: UpkeepOptions;
}

/**
 * What must be there before pods serve: their namespace, nodes for them, and a ledger in the form that they know, which a Job brings it into.
 */
export class BaseChart extends Chart {
  readonly baseline: NamespaceBaseline;
  readonly migration: TaskRun;

  constructor(scope: Construct, id: string, props: BaseChartProps) {
    super(scope, id, { namespace: NAMESPACE, disableResourceNameHashes: true });
    const { sizes, upkeep } = props;
    this.baseline = new NamespaceBaseline(this, 'Namespace', { name: NAMESPACE });
    new PriorityLadder(this, 'Priorities');
    new NodeCapacityMix(this, 'Nodes', {
      clusterName: props.clusterName,
      nodeRole: props.nodeRole,
      imageVersion: props.nodeImageVersion,
      // Proxies do not scale: as many run at any load.
      tiers: [
        { sizing: sizes.api },
        { sizing: sizes.worker, mayRunOnSpot: true },
        ...sizes.gateways.map(({ cpuRequest, memory, replicas }) => (
          { sizing: { cpuRequest, memory, minimumReplicas: replicas, peakReplicas: replicas, maximumReplicas: replicas } })),
      ],
      tags: props.tags,
    });
    new k8s.KubeServiceAccount(this, 'UpkeepAccount', { metadata: { name: UPKEEP }, automountServiceAccountToken: false });
    this.migration = new TaskRun(this, 'Migration', {
      name: 'ledger-migration',
      image: upkeep.image,
      args: ['migrate'],
      environment: upkeep.variables,
      serviceAccountName: UPKEEP,
      revision: upkeep.revision,
      // Payments wait for it.
      priority: PriorityLevel.PAYMENTS,
    });
  }
}
