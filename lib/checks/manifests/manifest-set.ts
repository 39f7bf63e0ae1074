import { Facts } from '../../facts';
import type { Workload } from '../../workload';
import { labelsAt, listAt, type ManifestObject, numberAt, selects, textAt, valueAt } from './manifest-object';
import { quantityOf } from './quantity';

/** What a set of manifests is looked at with. */
export interface ManifestSetProps {
  readonly objects: readonly ManifestObject[];
  /**
   * What the system must carry; rules on sizes ask for it.
   *
   * @default - unknown: those rules find nothing
   */
  readonly workload?: Workload;
  /** @default Facts.DEFAULT */
  readonly facts?: Facts;
}

/** Something that makes pods: a deployment, a job. */
export interface Workloads {
  readonly owner: ManifestObject;
  /** Path of the pod's specification in its owner. */
  readonly path: string;
  readonly pod: unknown;
  readonly labels: { readonly [name: string]: string } | undefined;
}

/** A container and where it stands. */
export interface ContainerPlace {
  readonly container: unknown;
  /** Path in the owner. */
  readonly path: string;
  readonly owner: ManifestObject;
  readonly pod: unknown;
}

const POD_PATHS: Readonly<Record<string, string>> = {
  Deployment: 'spec.template', StatefulSet: 'spec.template', DaemonSet: 'spec.template', ReplicaSet: 'spec.template', Job: 'spec.template',
  CronJob: 'spec.jobTemplate.spec.template',
};
/** Kinds whose pods stay. */
const LASTING = new Set(['Deployment', 'StatefulSet']);
const CLUSTER_WIDE = new Set(['Namespace', 'PriorityClass', 'GatewayClass', 'NodePool', 'EC2NodeClass', 'NodeOverlay', 'ClusterRole', 'ClusterRoleBinding', 'CustomResourceDefinition']);

/** The objects of some manifests, as rules see them. */
export class ManifestSet {
  readonly objects: readonly ManifestObject[];
  readonly workload?: Workload;
  readonly facts: Facts;

  constructor(props: ManifestSetProps) {
    this.objects = props.objects;
    this.workload = props.workload;
    this.facts = props.facts ?? Facts.DEFAULT;
  }

  /** Objects of some kinds. */
  ofKind(...kinds: readonly string[]): ManifestObject[] {
    return this.objects.filter(({ kind }) => kinds.includes(kind));
  }

  /** An object by its kind and name, in the namespace of another. */
  find(kind: string, name: string | undefined, beside: ManifestObject): ManifestObject | undefined {
    return this.objects.find((object) => object.kind === kind && object.metadata.name === name && this.sameNamespace(object, beside));
  }

  /** Whether two objects lie in one namespace; what has none lies in all. */
  sameNamespace(one: ManifestObject, other: ManifestObject): boolean {
    return CLUSTER_WIDE.has(one.kind) || CLUSTER_WIDE.has(other.kind) || one.metadata.namespace === other.metadata.namespace;
  }

  /** Everything that makes pods. */
  get workloads(): Workloads[] {
    return this.objects.flatMap((owner) => {
      const template = POD_PATHS[owner.kind];
      return template === undefined ? [] : [{
        owner, path: `${template}.spec`, pod: valueAt(owner, `${template}.spec`), labels: labelsAt(owner, `${template}.metadata.labels`),
      }];
    });
  }

  /** Workloads whose pods stay and take work: not those that only keep room, below priority 0. */
  get serving(): Workloads[] {
    return this.workloads.filter(({ owner, pod }) => LASTING.has(owner.kind) && !this.keepsRoom(pod));
  }

  /** All containers, those of the start included. */
  get containers(): ContainerPlace[] {
    return this.containersOf(this.workloads);
  }

  /** Containers of workloads that stay and take work, without those of the start. */
  get servingContainers(): ContainerPlace[] {
    return this.containersOf(this.serving).filter(({ path }) => path.includes('.containers.'));
  }

  /** Fewest and most pods of a workload: of its autoscaler, else what it states. */
  replicasOf(owner: ManifestObject): { readonly least: number; readonly most: number } {
    const autoscaler = this.autoscalersOf(owner)[0];
    if (autoscaler !== undefined) {
      const [least, most] = autoscaler.kind === 'ScaledObject' ? ['spec.minReplicaCount', 'spec.maxReplicaCount'] : ['spec.minReplicas', 'spec.maxReplicas'];
      return { least: numberAt(autoscaler, least) ?? 1, most: numberAt(autoscaler, most) ?? 1 };
    }
    const replicas = numberAt(owner, 'spec.replicas') ?? 1;
    return { least: replicas, most: replicas };
  }

  /** What scales a workload. */
  autoscalersOf(owner: ManifestObject): ManifestObject[] {
    return this.ofKind('HorizontalPodAutoscaler', 'ScaledObject').filter((autoscaler) => this.sameNamespace(autoscaler, owner)
      && textAt(autoscaler, 'spec.scaleTargetRef.name') === owner.metadata.name
      && (textAt(autoscaler, 'spec.scaleTargetRef.kind') ?? 'Deployment') === owner.kind);
  }

  /** Workloads of a namespace whose pods a selector takes. */
  selected(selector: { readonly [name: string]: string } | undefined, beside: ManifestObject): Workloads[] {
    return this.workloads.filter(({ owner, labels }) => this.sameNamespace(owner, beside) && selects(selector, labels));
  }

  /** What a pod asks for, over all containers. */
  requestOf(pod: unknown, resource: 'cpu' | 'memory'): number {
    return listAt(pod, 'containers').reduce<number>((sum, container) => sum + (quantityOf(valueAt(container, `resources.requests.${resource}`)) ?? 0), 0);
  }

  private containersOf(workloads: readonly Workloads[]): ContainerPlace[] {
    return workloads.flatMap(({ owner, path, pod }) => ['initContainers', 'containers'].flatMap((list) =>
      listAt(pod, list).map((container, index) => ({ container, path: `${path}.${list}.${index}`, owner, pod }))));
  }

  private keepsRoom(pod: unknown): boolean {
    const name = textAt(pod, 'priorityClassName');
    const priority = this.ofKind('PriorityClass').find(({ metadata }) => metadata.name === name);
    return (numberAt(priority, 'value') ?? 0) < 0;
  }
}
