import * as iam from 'aws-cdk-lib/aws-iam';

/**
 * Lets Lambda make network interfaces in the name of a function's role, as a function or a mapping in a network needs. None of these actions
 * can be bound to a resource that is known before the interface is there.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
 */
export function grantNetworkInterfaces(grantee: iam.IGrantable): iam.Grant {
  return iam.Grant.addToPrincipal({ grantee, actions: [...INTERFACE_ACTIONS], resourceArns: ['*'] });
}

/** What a mapping to a Kafka topic asks for as well. */
export function grantNetworkReads(grantee: iam.IGrantable): iam.Grant {
  return iam.Grant.addToPrincipal({ grantee, actions: ['ec2:DescribeSecurityGroups', 'ec2:DescribeVpcs'], resourceArns: ['*'] });
}

const INTERFACE_ACTIONS = [
  'ec2:AssignPrivateIpAddresses', 'ec2:CreateNetworkInterface', 'ec2:DeleteNetworkInterface', 'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets', 'ec2:UnassignPrivateIpAddresses',
];
