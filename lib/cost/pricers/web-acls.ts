import { declared } from '../amount';
import { webAclRequests } from '../usage/edge';
import { listOf } from '../usage/properties';
import { charge, flowing, one, type Pricer } from './pricer';

/** Web ACLs: the month, each rule, and every request that one sees. */
export const webAclPricer: Pricer = {
  types: ['AWS::WAFv2::WebACL'],
  price(resource, model) {
    const rules = listOf(resource, 'Rules').length;
    return [
      charge(resource, 'web ACL', 'waf.webAcls', one()),
      charge(resource, 'rules', 'waf.rules', declared(rules, '`Rules` of the template; a managed group counts as one')),
      flowing(resource, 'requests', 'waf.requests', webAclRequests(model, resource)),
    ];
  },
};
