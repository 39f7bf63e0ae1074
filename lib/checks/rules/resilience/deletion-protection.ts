import type { TopologyResource } from '../../../topology';
import type { Finding, Rule } from '../../rule';
import { attributesOf } from '../../views/load-balancers';
import { tables } from '../../views/tables';

export const deletionProtection: Rule = {
  id: 'HT-RESILIENCE-011',
  severity: 'warning',
  what: 'One call deletes what a critical service lives on.',
  why: 'A table takes its data along, a load balancer the address that clients know. A wrong stack, account or script is enough.',
  fix: 'Set DeletionProtectionEnabled on tables, and deletion_protection.enabled on load balancers.',
  source: 'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithTables.Basics.html',
  *check(context): Iterable<Finding> {
    const unprotected: (readonly [TopologyResource, string])[] = [
      ...tables(context).filter((it) => !it.deletionProtected).map((it) => [it.resource, 'Properties.DeletionProtectionEnabled'] as const),
      ...context.topology.ofType('AWS::ElasticLoadBalancingV2::LoadBalancer')
        .filter((it) => attributesOf(it).get('deletion_protection.enabled') !== 'true')
        .map((it) => [it, 'Properties.LoadBalancerAttributes'] as const),
    ];
    for (const [resource, property] of unprotected) {
      if (context.workloadOf(resource)?.recoveryTier.name === 'critical') {
        yield { resource, property, message: 'it can be deleted by one call' };
      }
    }
  },
};
