import type { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { EdgeParts } from './edge-parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-RESILIENCE-003',
  plant: (stack) => leave(stack, 1),
  repair: (stack) => leave(stack, 3),
};

/** Three private subnets that go out through so many gateways. */
function leave(stack: Stack, count: number): void {
  const parts = new EdgeParts(stack);
  const gateways = parts.subnets.slice(0, count).map((subnet, zone) => {
    const address = new ec2.CfnEIP(stack, `Address${zone}`, { domain: 'vpc' });
    return new ec2.CfnNatGateway(stack, `Gateway${zone}`, { subnetId: subnet.ref, allocationId: address.attrAllocationId });
  });
  [0, 1, 2].forEach((zone) => {
    const table = new ec2.CfnRouteTable(stack, `Routes${zone}`, { vpcId: parts.network.ref });
    new ec2.CfnRoute(stack, `Out${zone}`, { routeTableId: table.ref, destinationCidrBlock: '0.0.0.0/0', natGatewayId: gateways[zone % count].ref });
    new ec2.CfnSubnetRouteTableAssociation(stack, `Association${zone}`, { routeTableId: table.ref, subnetId: parts.subnet(`Private${zone}`, zone, 3 + zone).ref });
  });
}
