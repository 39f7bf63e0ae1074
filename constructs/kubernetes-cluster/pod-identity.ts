import { Stack } from 'aws-cdk-lib';
import * as eks from 'aws-cdk-lib/aws-eks-v2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { requireDnsLabel } from '../validation';

/** Properties of `PodIdentity`. */
export interface PodIdentityProps {
  /** Name of the cluster. */
  readonly clusterName: string;
  /** Namespace of the service account. */
  readonly namespace: string;
  /** Name of the service account. Both may be made later than this. */
  readonly serviceAccount: string;
}

/**
 * The role of the pods of one service account, by EKS Pod Identity: no other account, namespace or cluster becomes it.
 *
 * @see https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html
 */
export class PodIdentity extends Construct implements iam.IGrantable {
  /** The role. */
  readonly role: iam.Role;
  /** What gives it to the pods. */
  readonly association: eks.CfnPodIdentityAssociation;
  readonly grantPrincipal: iam.IPrincipal;

  /** @throws Error for a name that is no label of DNS. */
  constructor(scope: Construct, id: string, props: PodIdentityProps) {
    super(scope, id);
    const { clusterName, namespace, serviceAccount } = props;
    requireDnsLabel('namespace', namespace);
    requireDnsLabel('serviceAccount', serviceAccount);
    this.role = new iam.Role(this, 'Role', {
      description: `Pods of ${namespace}/${serviceAccount} in ${clusterName}`,
      assumedBy: new iam.SessionTagsPrincipal(new iam.ServicePrincipal('pods.eks.amazonaws.com', {
        conditions: {
          StringEquals: {
            'aws:SourceAccount': Stack.of(this).account,
            'aws:RequestTag/eks-cluster-name': clusterName,
            'aws:RequestTag/kubernetes-namespace': namespace,
            'aws:RequestTag/kubernetes-service-account': serviceAccount,
          },
        },
      })),
    });
    this.grantPrincipal = this.role.grantPrincipal;
    this.association = new eks.CfnPodIdentityAssociation(this, 'Association', {
      clusterName, namespace, serviceAccount, roleArn: this.role.roleArn,
    });
  }
}
