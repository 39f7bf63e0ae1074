import { Rate, Workload } from '../../../../lib/workload';
import { EdgeParts, type WebAclRuleParts } from './edge-parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-EDGE-001',
  workload: new Workload({ peak: Rate.perSecond(1000), paymentsPerRequest: 50 }),
  plant: (stack) => new EdgeParts(stack).webAcl(coreRuleSet()),
  repair: (stack) => new EdgeParts(stack).webAcl(coreRuleSet('SizeRestrictions_BODY')),
};

/** The core rule set of AWS, with one of its rules only counting. */
function coreRuleSet(counting?: string): WebAclRuleParts {
  return {
    name: 'core', overrideAction: { none: {} },
    statement: {
      managedRuleGroupStatement: {
        vendorName: 'AWS', name: 'AWSManagedRulesCommonRuleSet',
        ruleActionOverrides: counting === undefined ? undefined : [{ name: counting, actionToUse: { count: {} } }],
      },
    },
  };
}
