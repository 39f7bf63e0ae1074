import type { TemplateValue, TopologyResource } from '../../topology';
import type { CheckContext } from '../check-context';
import { listOf, objectOf, textOf } from './values';

/**
 * Availability zones of subnets; undefined where one of them is outside the assembly, so that nothing can be said.
 *
 * @param subnets ids of subnets, as a property lists them.
 */
export function zonesOf({ topology }: CheckContext, subnets: TemplateValue | undefined): ReadonlySet<string> | undefined {
  const zones = listOf(subnets).map((it) => zoneOf(topology.find(String(it))));
  return zones.length === 0 || zones.includes(undefined) ? undefined : new Set(zones as string[]);
}

/** Zone of a subnet, or undefined where the template does not tell. */
export function zoneOf(subnet: TopologyResource | undefined): string | undefined {
  return subnet?.type === 'AWS::EC2::Subnet' ? textOf(subnet.properties.AvailabilityZone) ?? textOf(subnet.properties.AvailabilityZoneId) : undefined;
}

/** Subnets of an ECS service that has network interfaces of its own. */
export function subnetsOfService(service: TopologyResource): TemplateValue | undefined {
  const network = objectOf(service.properties.NetworkConfiguration);
  return objectOf(network.AwsvpcConfiguration).Subnets;
}
