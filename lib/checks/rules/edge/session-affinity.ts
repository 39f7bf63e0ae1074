import type { TopologyResource } from '../../../topology';
import type { CheckContext } from '../../check-context';
import type { Finding, Rule } from '../../rule';
import { attributesOf } from '../../views/load-balancers';
import { listOf, objectOf } from '../../views/values';

export const sessionAffinity: Rule = {
  id: 'HT-EDGE-009',
  severity: 'warning',
  what: 'A load balancer keeps clients on one target.',
  why: 'The target of a busy client is full while others idle, new targets take no load from old ones, and when a target goes its clients lose what it held for them.',
  fix: 'Keep what a request needs where every target can read it, and set stickiness.enabled to false. Where a target must hold something, acknowledge this with the reason.',
  source: 'https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html',
  *check(context): Iterable<Finding> {
    for (const resource of context.topology.ofType('AWS::ElasticLoadBalancingV2::TargetGroup')) {
      const attributes = attributesOf(resource);
      if (attributes.get('stickiness.enabled') === 'true') {
        const kind = attributes.get('stickiness.type');
        const seconds = attributes.get(`stickiness.${kind ?? 'lb_cookie'}.duration_seconds`);
        yield {
          resource,
          property: 'Properties.TargetGroupAttributes',
          message: `clients stay with a target${seconds === undefined ? '' : ` for ${seconds} s`}${kind === undefined ? '' : ` (${kind})`}`,
        };
      }
    }
    yield* stickyForwards(context);
  },
};

/** Stickiness between target groups that share the requests of one action. */
function* stickyForwards({ topology }: CheckContext): Iterable<Finding> {
  const actions = (resource: TopologyResource, property: string) => listOf(resource.properties[property]).map(objectOf);
  for (const resource of topology.ofType('AWS::ElasticLoadBalancingV2::Listener', 'AWS::ElasticLoadBalancingV2::ListenerRule')) {
    for (const property of ['DefaultActions', 'Actions']) {
      for (const action of actions(resource, property)) {
        const config = objectOf(objectOf(action.ForwardConfig).TargetGroupStickinessConfig);
        if (config.Enabled === true || config.Enabled === 'true') {
          yield { resource, property: `Properties.${property}`, message: `clients stay with a target group for ${String(config.DurationSeconds)} s` };
        }
      }
    }
  }
}
