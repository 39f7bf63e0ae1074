import { formatBytes } from '../../../sizing/format';
import type { Finding, Rule } from '../../rule';
import { listOf, objectOf } from '../../views/values';
import { webAclRules, type WebAclRule } from '../../views/web-acls';

const BODY_RULE = 'SizeRestrictions_BODY';

export const bodySizeRule: Rule = {
  id: 'HT-EDGE-001',
  severity: 'error',
  what: 'A web ACL refuses requests of the size that the workload states.',
  why: 'The core rule set of AWS blocks every body above 8 KB. Batches are answered with 403 before the API sees them, and only large ones, so tests pass.',
  fix: `Override the action of ${BODY_RULE} to Count, or scope the group down to the routes that take single payments.`,
  source: 'https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-baseline.html',
  *check(context): Iterable<Finding> {
    for (const rule of webAclRules(context).filter(blocksBodies)) {
      const limit = context.factsFor(rule.webAcl).number('waf/body.regional.maxBytes');
      const workload = context.workloadOf(rule.webAcl);
      const mean = workload === undefined ? 0 : workload.paymentsPerRequest * workload.payloadSize.meanBytes;
      if (workload !== undefined && mean > limit) {
        yield {
          resource: rule.webAcl,
          property: rule.property,
          message: `requests of ${formatBytes(mean)} in the mean (${workload.paymentsPerRequest} payments) are blocked above ${formatBytes(limit)}`,
        };
      }
    }
  },
};

/** Whether the rule is the core rule set, for all requests, with its rule on bodies in force. */
function blocksBodies({ statement, counts }: WebAclRule): boolean {
  const group = objectOf(statement.ManagedRuleGroupStatement);
  if (counts || group.Name !== 'AWSManagedRulesCommonRuleSet' || group.ScopeDownStatement !== undefined) {
    return false;
  }
  const excluded = listOf(group.ExcludedRules).some((it) => objectOf(it).Name === BODY_RULE);
  const overridden = listOf(group.RuleActionOverrides).map(objectOf)
    .some((it) => it.Name === BODY_RULE && objectOf(it.ActionToUse).Block === undefined);
  return !excluded && !overridden;
}
