import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';

/** Tag that the controller puts on everything that it makes. */
const OWNER = 'elbv2.k8s.aws/cluster';

/**
 * What the AWS Load Balancer Controller needs for Network Load Balancers with targets by address, and nothing more: its published policy also lets it
 * change web ACLs, Shield, certificates, and every security group of the account. What it changes or deletes carries the name of this cluster.
 *
 * @see https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/deploy/installation/
 */
export function loadBalancerStatements(scope: Construct, clusterName: string): iam.PolicyStatement[] {
  const { partition, region, account } = Stack.of(scope);
  const balancing = (...resources: string[]): string[] => resources.map((it) => `arn:${partition}:elasticloadbalancing:${region}:${account}:${it}`);
  const groups = `arn:${partition}:ec2:${region}:${account}:security-group/*`;
  const ofBalancers = balancing('targetgroup/*/*', 'loadbalancer/net/*/*', 'listener/net/*/*/*');
  const requested = { StringEquals: { [`aws:RequestTag/${OWNER}`]: clusterName } };
  const owned = { StringEquals: { [`aws:ResourceTag/${OWNER}`]: clusterName } };
  const allow = (actions: string[], resources: string[], conditions?: iam.Conditions): iam.PolicyStatement =>
    new iam.PolicyStatement({ actions, resources, conditions });
  const prefixed = (service: string, ...actions: string[]): string[] => actions.map((it) => `${service}:${it}`);
  return [
    allow(['iam:CreateServiceLinkedRole'], [`arn:${partition}:iam::${account}:role/aws-service-role/elasticloadbalancing.amazonaws.com/*`], {
      StringEquals: { 'iam:AWSServiceName': 'elasticloadbalancing.amazonaws.com' },
    }),
    // None of these knows a resource.
    allow([
      ...prefixed('ec2', 'DescribeAccountAttributes', 'DescribeAddresses', 'DescribeAvailabilityZones', 'DescribeInstances', 'DescribeInternetGateways',
        'DescribeNetworkInterfaces', 'DescribeRouteTables', 'DescribeSecurityGroups', 'DescribeSubnets', 'DescribeTags', 'DescribeVpcs', 'GetSecurityGroupsForVpc'),
      ...prefixed('elasticloadbalancing', 'DescribeCapacityReservation', 'DescribeListenerAttributes', 'DescribeListenerCertificates', 'DescribeListeners',
        'DescribeLoadBalancerAttributes', 'DescribeLoadBalancers', 'DescribeTags', 'DescribeTargetGroupAttributes', 'DescribeTargetGroups', 'DescribeTargetHealth'),
    ], ['*']),
    allow(prefixed('ec2', 'CreateSecurityGroup'), [groups], requested),
    allow(prefixed('ec2', 'CreateSecurityGroup'), [`arn:${partition}:ec2:${region}:${account}:vpc/*`]),
    allow(prefixed('ec2', 'CreateTags'), [groups], {
      StringEquals: { 'ec2:CreateAction': 'CreateSecurityGroup', [`aws:RequestTag/${OWNER}`]: clusterName },
    }),
    allow(prefixed('ec2', 'AuthorizeSecurityGroupIngress', 'DeleteSecurityGroup', 'RevokeSecurityGroupIngress'), [groups], owned),
    // It lets the load balancer in to the nodes, whose group carries the name of the cluster as Karpenter looks for it.
    allow(prefixed('ec2', 'AuthorizeSecurityGroupIngress', 'RevokeSecurityGroupIngress'), [groups], {
      StringEquals: { 'aws:ResourceTag/karpenter.sh/discovery': clusterName },
    }),
    allow(prefixed('elasticloadbalancing', 'CreateLoadBalancer', 'CreateTargetGroup', 'CreateListener'), ofBalancers, requested),
    allow(prefixed('elasticloadbalancing', 'AddTags'), ofBalancers, {
      StringEquals: { 'elasticloadbalancing:CreateAction': ['CreateTargetGroup', 'CreateLoadBalancer', 'CreateListener'], [`aws:RequestTag/${OWNER}`]: clusterName },
    }),
    allow(prefixed('elasticloadbalancing', 'AddTags', 'CreateListener', 'DeleteListener', 'DeleteLoadBalancer', 'DeleteTargetGroup', 'DeregisterTargets',
      'ModifyListener', 'ModifyListenerAttributes', 'ModifyLoadBalancerAttributes', 'ModifyTargetGroup', 'ModifyTargetGroupAttributes', 'RegisterTargets',
      'RemoveTags', 'SetIpAddressType', 'SetSecurityGroups', 'SetSubnets'), ofBalancers, owned),
  ];
}
