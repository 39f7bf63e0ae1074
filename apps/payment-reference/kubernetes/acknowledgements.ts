/** Rules of cdk-nag's pack AwsSolutions that the Kubernetes profile does not follow besides those of the other, and why. A test holds both. */
export const KUBERNETES_ACKNOWLEDGEMENTS: { readonly [rule: string]: string } = {
  'AwsSolutions-IAM4': 'Nodes and the control plane have the policies that EKS publishes for them, and changes with what they need; pods have roles of their own.',
  'AwsSolutions-L1': 'The function that applies charts and what calls it are of the CDK, which says what they run on and moves them on with its versions.',
};
