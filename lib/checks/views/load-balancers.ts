import type { TopologyResource } from '../../topology';
import type { CheckContext } from '../check-context';
import { listOf, numberOf, objectOf, textOf } from './values';

/** Attributes of a load balancer or target group, by key. */
export function attributesOf(resource: TopologyResource): ReadonlyMap<string, string> {
  const stated = [...listOf(resource.properties.LoadBalancerAttributes), ...listOf(resource.properties.TargetGroupAttributes)].map(objectOf);
  return new Map(stated.map((it) => [String(it.Key), String(it.Value)]));
}

/** All application load balancers. */
export function applicationLoadBalancers({ topology }: CheckContext): readonly TopologyResource[] {
  return topology.ofType('AWS::ElasticLoadBalancingV2::LoadBalancer').filter((it) => (textOf(it.properties.Type) ?? 'application') === 'application');
}

/** The listeners of a load balancer. */
export function listenersOf({ topology }: CheckContext, loadBalancer: TopologyResource): readonly TopologyResource[] {
  return topology.ofType('AWS::ElasticLoadBalancingV2::Listener').filter((it) => it.properties.LoadBalancerArn === loadBalancer.reference);
}

/** The load balancers whose listeners or rules send requests to a target group. */
export function loadBalancersOf(context: CheckContext, targetGroup: TopologyResource): readonly TopologyResource[] {
  const { topology } = context;
  const names = (resource: TopologyResource) => JSON.stringify(resource.properties).includes(`"${targetGroup.reference}"`);
  const rules = topology.ofType('AWS::ElasticLoadBalancingV2::ListenerRule').filter(names).map((it) => textOf(it.properties.ListenerArn));
  return topology.ofType('AWS::ElasticLoadBalancingV2::LoadBalancer')
    .filter((it) => listenersOf(context, it).some((listener) => names(listener) || rules.includes(listener.reference)));
}

/** A numeric attribute, or undefined where it is left to the service. */
export function attributeNumber(resource: TopologyResource, key: string): number | undefined {
  return numberOf(attributesOf(resource).get(key));
}
