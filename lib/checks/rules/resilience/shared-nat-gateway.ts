import type { TopologyResource } from '../../../topology';
import type { CheckContext } from '../../check-context';
import type { Finding, Rule } from '../../rule';
import { textOf } from '../../views/values';
import { zoneOf } from '../../views/zones';

export const sharedNatGateway: Rule = {
  id: 'HT-RESILIENCE-003',
  severity: 'warning',
  what: 'The ways out of several zones lead through one.',
  why: 'With the zone of the NAT gateway the tasks of all zones lose the internet, and until then each byte from another zone is paid for twice.',
  fix: 'Make a NAT gateway in each zone (natGateways), or do without by VPC endpoints.',
  source: 'https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-basics.html',
  *check(context): Iterable<Finding> {
    for (const resource of context.topology.ofType('AWS::EC2::NatGateway')) {
      const zones = zonesBehind(context, resource);
      if (zones.size > 1) {
        yield { resource, message: `subnets of ${[...zones].sort().join(', ')} go out through it` };
      }
    }
  },
};

/** Zones of the subnets whose routes lead to a gateway. */
function zonesBehind({ topology }: CheckContext, gateway: TopologyResource): ReadonlySet<string> {
  const routeTables = topology.ofType('AWS::EC2::Route').filter((it) => it.properties.NatGatewayId === gateway.reference).map((it) => it.properties.RouteTableId);
  const zones = topology.ofType('AWS::EC2::SubnetRouteTableAssociation')
    .filter((it) => routeTables.includes(it.properties.RouteTableId))
    .map((it) => zoneOf(topology.find(textOf(it.properties.SubnetId) ?? '')));
  return new Set(zones.filter((it) => it !== undefined));
}
