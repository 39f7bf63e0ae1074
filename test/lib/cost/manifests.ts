import type { PlainResource } from './assembly-of';

/** A manifest of Kubernetes as a template applies it. */
export function applied(objects: readonly object[], ClusterName: unknown = 'cluster'): PlainResource {
  return { Type: 'Custom::AWSCDK-EKS-KubernetesResource', Properties: { ClusterName, Manifest: JSON.stringify(objects) } };
}

/** What a container asks for, as Kubernetes writes it. */
export interface Requests {
  readonly cpu?: string;
  readonly memory?: string;
}

/** A Deployment; `spec` goes into its pods. */
export function deployment(name: string, replicas: number | undefined, requests: Requests, spec: object = {}): object {
  return {
    apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name },
    spec: { replicas, template: { spec: { containers: [{ name, resources: { requests } }], ...spec } } },
  };
}

/** What a pool states beside its types: fields of its spec, how its nodes are paid for, and their taints. */
export interface PoolFields {
  readonly capacity?: readonly string[];
  readonly [field: string]: unknown;
}

/** A pool of Karpenter with nodes of some types. */
export function pool(name: string, instanceTypes: readonly string[], spec: PoolFields = {}): object {
  const { capacity, taints, ...more } = spec;
  return {
    apiVersion: 'karpenter.sh/v1', kind: 'NodePool', metadata: { name },
    spec: {
      template: {
        spec: {
          nodeClassRef: { group: 'karpenter.k8s.aws', kind: 'EC2NodeClass', name: 'default' },
          requirements: [
            ...(instanceTypes.length > 0 ? [{ key: 'node.kubernetes.io/instance-type', operator: 'In', values: instanceTypes }] : []),
            ...(capacity === undefined ? [] : [{ key: 'karpenter.sh/capacity-type', operator: 'In', values: capacity }]),
          ],
          ...(taints !== undefined && { taints }),
        },
      },
      ...more,
    },
  };
}

/** The class of their nodes. */
export function nodeClass(volumeSize: string, tags?: { readonly [key: string]: string }): object {
  return {
    apiVersion: 'karpenter.k8s.aws/v1', kind: 'EC2NodeClass', metadata: { name: 'default' },
    spec: { blockDeviceMappings: [{ deviceName: '/dev/xvdb', ebs: { volumeSize } }], tags },
  };
}
