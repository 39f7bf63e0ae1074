import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { grantNetworkInterfaces } from '../security/network-interfaces';

/**
 * Role of the function that applies charts: it finds the cluster, is in its network, writes its log, and fetches charts from the public registry of
 * AWS. What it may do inside the cluster, an access entry says. The CDK's own role would read every private image of the account as well.
 */
export function kubectlRole(scope: Construct, id: string, clusterName: string): iam.Role {
  const { account, partition, region } = Stack.of(scope);
  const role = new iam.Role(scope, id, {
    description: `Applies charts to ${clusterName}`,
    assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
  });
  role.addToPolicy(new iam.PolicyStatement({ actions: ['eks:DescribeCluster'], resources: [`arn:${partition}:eks:${region}:${account}:cluster/${clusterName}`] }));
  role.addToPolicy(new iam.PolicyStatement({
    actions: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
    resources: [`arn:${partition}:logs:${region}:${account}:log-group:/aws/lambda/*`],
  }));
  // The public registry of AWS asks who is there and counts; neither action knows a resource.
  role.addToPolicy(new iam.PolicyStatement({ actions: ['ecr-public:GetAuthorizationToken', 'sts:GetServiceBearerToken'], resources: ['*'] }));
  grantNetworkInterfaces(role);
  return role;
}
