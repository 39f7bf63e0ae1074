import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';

/** What EKS wants of nodes; pods have roles of their own. */
const MANAGED = ['AmazonEKSWorkerNodePolicy', 'AmazonEKS_CNI_Policy', 'AmazonEC2ContainerRegistryPullOnly', 'AmazonSSMManagedInstanceCore'];

/**
 * A role of nodes: to join the cluster, give pods addresses, fetch images, and let operators in without a key by Session Manager. The policies are
 * those of AWS: EKS changes with what they allow.
 *
 * @see https://docs.aws.amazon.com/eks/latest/userguide/create-node-role.html
 */
export function nodeRole(scope: Construct, id: string, description: string): iam.Role {
  return new iam.Role(scope, id, {
    description,
    assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com'),
    managedPolicies: MANAGED.map((name) => iam.ManagedPolicy.fromAwsManagedPolicyName(name)),
  });
}
