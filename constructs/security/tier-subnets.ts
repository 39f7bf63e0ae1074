import type * as ec2 from 'aws-cdk-lib/aws-ec2';

/**
 * The subnets of a tier of a network: those that were named, else the group of that name as a `NetworkFoundation` has it, else all without a route
 * to the internet, else the private ones.
 *
 * @throws Error where the network has nothing but public subnets.
 */
export function tierSubnets(vpc: ec2.IVpc, tier: 'application' | 'data', given?: ec2.SubnetSelection): ec2.SelectedSubnets {
  if (given !== undefined) {
    return vpc.selectSubnets(given);
  }
  // A network that was made elsewhere may know no names of groups, and throws for one that it does not know.
  const named = [...vpc.isolatedSubnets, ...vpc.privateSubnets].some((subnet) => subnet.node.id.startsWith(`${tier}Subnet`));
  if (named) {
    return vpc.selectSubnets({ subnetGroupName: tier });
  }
  const subnets = vpc.isolatedSubnets.length > 0 ? vpc.isolatedSubnets : vpc.privateSubnets;
  if (subnets.length === 0) {
    throw new Error('`vpc` must have subnets that are not public, got: none');
  }
  return vpc.selectSubnets({ subnets });
}
