/**
 * Rules of cdk-nag's packs AwsSolutions and NIST 800-53 r5 that the Kubernetes profile does not follow besides those of the other, and why. A test
 * holds both.
 */
export const KUBERNETES_ACKNOWLEDGEMENTS: { readonly [rule: string]: string } = {
  'AwsSolutions-IAM4': 'Nodes and the control plane have the policies that EKS publishes for them, and changes with what they need; pods have roles of their own.',
  'AwsSolutions-L1': 'The function that applies charts and what calls it are of the CDK, which says what they run on and moves them on with its versions.',
  'NIST.800.53.R5-CloudWatchLogGroupEncrypted': 'The one log without our key is that of the function of the CDK that applies charts: it tells what was applied, and holds no payment.',
  'NIST.800.53.R5-EC2RestrictedCommonPorts': 'Nodes may reach each other on all ports; what passes between their pods, policies of the network and of the mesh say, denied unless named.',
  'NIST.800.53.R5-LambdaConcurrency': 'The function of the CDK that applies charts runs while stacks are deployed, and at no other time.',
  'NIST.800.53.R5-RDSInBackupPlan': 'Clusters keep continuous backups of their own, for as long as the recovery tier asks: restored to any second, which no plan offers.',
};
