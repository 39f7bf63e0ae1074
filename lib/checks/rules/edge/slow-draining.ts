import { formatSeconds } from '../../../sizing/format';
import type { Finding, Rule } from '../../rule';
import { attributeNumber } from '../../views/load-balancers';

const DRAINING = 'deregistration_delay.timeout_seconds';

export const slowDraining: Rule = {
  id: 'HT-EDGE-005',
  severity: 'warning',
  what: 'A target is drained for as long as the recovery may take.',
  why: 'Every step of a deployment, and of taking it back, waits for the old tasks to drain: a faulty release stays longer than the service may be away.',
  fix: `Set ${DRAINING} a little above the longest request, for example to 30.`,
  source: 'https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html',
  *check(context): Iterable<Finding> {
    for (const resource of context.topology.ofType('AWS::ElasticLoadBalancingV2::TargetGroup').filter((it) => it.properties.TargetType !== 'lambda')) {
      const seconds = attributeNumber(resource, DRAINING) ?? context.factsFor(resource).number('alb/deregistrationDelayDefaultSec');
      const tier = context.workloadOf(resource)?.recoveryTier;
      if (tier !== undefined && seconds >= tier.recoveryTime.toSeconds()) {
        yield {
          resource,
          property: 'Properties.TargetGroupAttributes',
          message: `targets drain for ${formatSeconds(seconds)}; a ${tier.name} service is to be back after ${formatSeconds(tier.recoveryTime.toSeconds())}`,
        };
      }
    }
  },
};
