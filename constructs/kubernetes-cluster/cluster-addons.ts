import * as eks from 'aws-cdk-lib/aws-eks-v2';
import { Construct } from 'constructs';
import type { AddonVersions } from './kubernetes-cluster-props';

/**
 * Versions of the managed add-ons for Kubernetes 1.34, as EKS offered them in November 2026.
 *
 * @see https://docs.aws.amazon.com/eks/latest/userguide/managing-kube-proxy.html
 */
export const ADDON_VERSIONS: AddonVersions = {
  'coredns': 'v1.12.4-eksbuild.1',
  'eks-pod-identity-agent': 'v1.3.10-eksbuild.2',
  'kube-proxy': 'v1.34.6-eksbuild.2',
  'vpc-cni': 'v1.21.1-eksbuild.1',
};

/**
 * What every node or pod needs of AWS: the network of the pods with policies that are enforced, names, services, and roles of pods. There are no
 * volumes: payments are in the topic and the database.
 */
export class ClusterAddons extends Construct {
  /** What pods need to reach each other: nodes come after it. */
  readonly beforeNodes: readonly eks.Addon[];

  constructor(scope: Construct, id: string, cluster: eks.Cluster, versions: Partial<AddonVersions> = {}) {
    super(scope, id);
    const pinned = { ...ADDON_VERSIONS, ...versions };
    const add = (addonName: keyof AddonVersions, configurationValues?: { [name: string]: unknown }): eks.Addon => new eks.Addon(this, addonName, {
      cluster, addonName, addonVersion: pinned[addonName], configurationValues, preserveOnDelete: false,
    });
    this.beforeNodes = [
      // Without this, policies of networks are taken and do nothing. Addresses come by prefix: a node has room for all pods that it can carry.
      add('vpc-cni', { enableNetworkPolicy: 'true', env: { ENABLE_PREFIX_DELEGATION: 'true' } }),
      add('kube-proxy'),
      add('eks-pod-identity-agent'),
    ];
    // It is ready when its pods are, and they need nodes; EKS waits for that by itself.
    add('coredns');
  }
}
