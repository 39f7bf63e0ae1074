import type { TopologyResource } from '../../topology';
import type { Charge } from '../charge';
import type { GatewayBalancer } from '../usage/gateway-balancers';
import { flowing, hourly, one } from './pricer';

/** What a Network Load Balancer is billed for that a controller in a cluster makes, and what goes on from it to pods in other zones. */
export function balancerCharges(resource: TopologyResource, balancer: GatewayBalancer): Charge[] {
  const { name, capacityUnits, publicAddresses, answers, betweenZones } = balancer;
  return [
    hourly(resource, `load balancer of ${name}`, 'nlb.hours', one()),
    hourly(resource, `capacity units of ${name}`, 'nlb.lcuHours', capacityUnits),
    ...(publicAddresses.value > 0 ? [
      hourly(resource, `public addresses of ${name}`, 'publicAddress.hours', publicAddresses),
      flowing(resource, `answers to the internet of ${name}`, 'internet.gigabytes', answers),
    ] : []),
    ...(betweenZones.value > 0 ? [flowing(resource, `traffic between zones of ${name}`, 'interZone.gigabytes', betweenZones)] : []),
  ];
}
