import { SECONDS_PER_MONTH } from '../../sizing/monthly-cost';
import type { TopologyResource } from '../../topology';
import { webAclRequests } from './edge';
import type { UsageModel } from './usage-model';

/** A resource that AWS Shield Advanced protects. */
export const PROTECTION = 'AWS::Shield::Protection';
const INCLUDED = 'shield-advanced/wafRequestsIncluded';
const WEB_ACL = 'AWS::WAFv2::WebACL';
const ASSOCIATION = 'AWS::WAFv2::WebACLAssociation';

/**
 * Whether the fees of a web ACL are part of a subscription: all that it stands before is protected. Source: AWS WAF Developer Guide, "Deciding
 * whether to subscribe to AWS Shield Advanced".
 */
export function isCovered(model: UsageModel, webAcl: TopologyResource): boolean {
  const behind = model.references.to(webAcl, ASSOCIATION).flatMap(({ from }) => model.references.from(from, /^ResourceArn/).map(({ to }) => to));
  return behind.length > 0 && behind.every((it) => model.references.to(it, PROTECTION).length > 0);
}

/** Share of the requests of covered web ACLs that a subscription does not include any more. */
export function shareBeyondSubscription(model: UsageModel, webAcl: TopologyResource): number {
  return model.once('requests beyond Shield Advanced', () => {
    const covered = model.topology.ofType(WEB_ACL).filter((it) => isCovered(model, it));
    const requests = covered.reduce((sum, it) => sum + webAclRequests(model, it).value, 0) * SECONDS_PER_MONTH;
    return requests === 0 ? 0 : Math.max(0, 1 - model.facts(webAcl).number(INCLUDED) / requests);
  });
}
