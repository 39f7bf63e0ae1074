import { declared, times } from '../amount';
import { webAclRequests } from '../usage/edge';
import { listOf } from '../usage/properties';
import { isCovered, shareBeyondSubscription } from '../usage/shield';
import { charge, flowing, one, type Pricer } from './pricer';

/** Web ACLs: the month, each rule, and every request that one sees; none of them where Shield Advanced protects what it stands before. */
export const webAclPricer: Pricer = {
  types: ['AWS::WAFv2::WebACL'],
  price(resource, model) {
    const rules = listOf(resource, 'Rules').length;
    const requests = webAclRequests(model, resource);
    const covered = isCovered(model, resource);
    const why = 'part of the subscription to Shield Advanced';
    return [
      charge(resource, 'web ACL', 'waf.webAcls', covered ? declared(0, why) : one()),
      charge(resource, 'rules', 'waf.rules', declared(covered ? 0 : rules, covered ? why : '`Rules` of the template; a managed group counts as one')),
      flowing(resource, 'requests', 'waf.requests', covered ? times(requests, shareBeyondSubscription(model, resource), `${requests.why}; ${why}`) : requests),
    ];
  },
};
