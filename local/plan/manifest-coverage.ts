import { appliedObjects, type Topology } from '../../lib/topology';
import type { Treatment } from './treatment';

/** What becomes of objects of Kubernetes, by the beginning of `apiVersion kind`. */
const OBJECTS: readonly (readonly [beginning: string, treatment: Treatment])[] = [
  ['apps/v1 Deployment', 'run'],
  ['batch/v1 Job', 'run'],
  // How many pods there are, and which ones take requests.
  ['autoscaling/v2 HorizontalPodAutoscaler', 'modelled'],
  ['gateway.networking.k8s.io/v1 GRPCRoute', 'modelled'],
  ['gateway.networking.k8s.io/v1 HTTPRoute', 'modelled'],
  ['keda.sh/v1alpha1 ScaledObject', 'modelled'],
  ['v1 Service', 'modelled'],
  // What is done now and then is not done in a run, which is short.
  ['batch/v1 CronJob', 'inert'],
  ['gateway.envoyproxy.io/', 'inert'],
  ['gateway.networking.k8s.io/', 'inert'],
  ['karpenter.k8s.aws/', 'inert'],
  ['karpenter.sh/', 'inert'],
  ['keda.sh/v1alpha1 TriggerAuthentication', 'inert'],
  ['monitoring.coreos.com/', 'inert'],
  ['networking.k8s.io/', 'inert'],
  ['policy/', 'inert'],
  ['rbac.authorization.k8s.io/', 'inert'],
  ['scheduling.k8s.io/', 'inert'],
  ['security.istio.io/', 'inert'],
  ['v1 ConfigMap', 'inert'],
  ['v1 LimitRange', 'inert'],
  ['v1 Namespace', 'inert'],
  ['v1 ResourceQuota', 'inert'],
  ['v1 ServiceAccount', 'inert'],
];

/** What a gateway of this machine goes by, where one stands before the API; else nobody does. */
const OF_GATEWAYS = ['BackendTrafficPolicy', 'ClientTrafficPolicy', 'EnvoyProxy', 'Gateway'];

/** What the run makes of the manifests of an assembly. */
export interface ManifestCoverage {
  /** Kinds of object by what becomes of them. */
  readonly kinds: ReadonlyMap<string, Treatment>;
  /** Kinds that the run does not know, with where they are applied. */
  readonly unknown: readonly string[];
}

/**
 * Sorts the objects that an assembly applies to clusters by what the run does with them.
 *
 * @param hasGateway whether one stands before the API in this run
 */
export function manifestCoverage(topology: Topology, hasGateway: boolean): ManifestCoverage {
  const kinds = new Map<string, Treatment>();
  const unknown: string[] = [];
  for (const { objects, resource } of appliedObjects(topology)) {
    for (const { apiVersion, kind, metadata } of objects) {
      const found = OBJECTS.find(([beginning]) => beginning.endsWith('/') ? `${apiVersion} ${kind}`.startsWith(beginning) : `${apiVersion} ${kind}` === beginning);
      if (found === undefined) {
        unknown.push(`${kind} of ${apiVersion}, ${metadata.name} (${resource.constructPath})`);
      } else {
        kinds.set(kind, hasGateway && OF_GATEWAYS.includes(kind) ? 'modelled' : found[1]);
      }
    }
  }
  return { kinds, unknown };
}
