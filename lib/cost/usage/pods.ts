import type { PodRequest } from '../../sizing/node-shape';
import type { ManifestObject } from '../../topology';
import { containerRequest, listAt, type Manifested, numberAt, objectAt, podRequest } from './pod-requests';

/** Pods of one form. */
export interface PodGroup {
  readonly name: string;
  readonly request: PodRequest;
  /** Pods that always run. */
  readonly least: number;
  /** Bound of the autoscaler; as many as always run where there is none. */
  readonly most: number;
  /** Whether each zone must have some of them. */
  readonly everyZone: boolean;
  /** Labels that a node must have. */
  readonly nodeSelector: { readonly [label: string]: string };
  readonly tolerations: readonly Manifested[];
}

/** Kinds whose pods run all the time. */
const SCALED = new Set(['Deployment', 'StatefulSet', 'ReplicaSet']);
const ZONE = 'topology.kubernetes.io/zone';

/**
 * The pods that always run, of the manifests of one cluster: those of Deployments and StatefulSets between the bounds of their autoscalers, and the
 * proxies of Envoy Gateway, which are Deployments that its controller makes. Tasks that end take the room that there is.
 */
export function podGroups(objects: readonly ManifestObject[]): PodGroup[] {
  const scalers = objects.filter(({ kind }) => kind === 'HorizontalPodAutoscaler' || kind === 'ScaledObject');
  return objects.flatMap((object) => {
    if (SCALED.has(object.kind)) {
      return [scaledGroup(object, scalers)];
    }
    return object.kind === 'EnvoyProxy' ? [proxyGroup(object)] : [];
  });
}

/** What the DaemonSets of the manifests ask of each node. */
export function daemonRequest(objects: readonly ManifestObject[]): PodRequest {
  const requests = objects.filter(({ kind }) => kind === 'DaemonSet').map((it) => podRequest(objectAt(it, 'spec.template.spec')));
  return { vcpus: total(requests, 'vcpus'), memoryMiB: total(requests, 'memoryMiB') };
}

function total(requests: readonly PodRequest[], of: keyof PodRequest): number {
  return requests.reduce((sum, it) => sum + it[of], 0);
}

function scaledGroup(object: ManifestObject, scalers: readonly ManifestObject[]): PodGroup {
  const spec = objectAt(object, 'spec.template.spec');
  return { name: object.metadata.name, request: podRequest(spec), ...boundsOf(object, scalers), ...placeOf(spec) };
}

function boundsOf(object: ManifestObject, scalers: readonly ManifestObject[]): { readonly least: number; readonly most: number } {
  const scaler = scalers.find((it) => {
    const { kind = 'Deployment', name } = objectAt(it, 'spec.scaleTargetRef') ?? {};
    return name === object.metadata.name && kind === object.kind && it.metadata.namespace === object.metadata.namespace;
  });
  if (scaler === undefined) {
    const replicas = numberAt(object, 'spec.replicas') ?? 1;
    return { least: replicas, most: replicas };
  }
  const keda = scaler.kind === 'ScaledObject';
  // What Kubernetes and KEDA take where nothing is stated.
  const least = numberAt(scaler, keda ? 'spec.minReplicaCount' : 'spec.minReplicas') ?? (keda ? 0 : 1);
  const most = numberAt(scaler, keda ? 'spec.maxReplicaCount' : 'spec.maxReplicas') ?? (keda ? 100 : least);
  return { least, most: Math.max(least, most) };
}

function proxyGroup(object: ManifestObject): PodGroup {
  const deployment = objectAt(object, 'spec.provider.kubernetes.envoyDeployment');
  const replicas = numberAt(deployment, 'replicas') ?? 1;
  const scaler = objectAt(object, 'spec.provider.kubernetes.envoyHpa');
  const least = numberAt(scaler, 'minReplicas') ?? replicas;
  return {
    name: `gateway ${object.metadata.name}`,
    request: containerRequest(objectAt(deployment, 'container')),
    least,
    most: Math.max(least, numberAt(scaler, 'maxReplicas') ?? least),
    ...placeOf(objectAt(deployment, 'pod')),
  };
}

function placeOf(spec: Manifested): Pick<PodGroup, 'everyZone' | 'nodeSelector' | 'tolerations'> {
  return {
    everyZone: listAt(spec, 'topologySpreadConstraints').some((it) => it?.topologyKey === ZONE && it.whenUnsatisfiable === 'DoNotSchedule'),
    nodeSelector: (objectAt(spec, 'nodeSelector') ?? {}) as { readonly [label: string]: string },
    tolerations: listAt(spec, 'tolerations'),
  };
}
