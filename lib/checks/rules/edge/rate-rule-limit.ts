import { edgeTraffic } from '../../../sizing/edge-traffic';
import { formatNumber } from '../../../sizing/format';
import type { Finding, Rule } from '../../rule';
import { isDerived } from '../../views/decisions';
import { numberOf, objectOf } from '../../views/values';
import { webAclRules } from '../../views/web-acls';

export const rateRuleLimit: Rule = {
  id: 'HT-EDGE-003',
  severity: 'warning',
  what: 'A rate rule blocks the busiest honest client.',
  why: 'At its peak the largest merchant passes the limit and is refused with 403, until it has been quiet for a window: the best customer has an outage.',
  fix: 'Raise the limit above the busiest client\'s requests in a window, and keep fairness between clients in the API.',
  source: 'https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based.html',
  *check(context): Iterable<Finding> {
    for (const { webAcl, statement, counts, property } of webAclRules(context)) {
      const rate = objectOf(statement.RateBasedStatement);
      const limit = numberOf(rate.Limit);
      const workload = limit === undefined || counts || rate.ScopeDownStatement !== undefined ? undefined : context.workloadOf(webAcl);
      if (limit === undefined || workload === undefined) {
        continue;
      }
      // A rule by address knows no merchant: where the limit follows from the busiest honest address, that is what it must let through.
      if (rate.AggregateKeyType !== 'CUSTOM_KEYS' && isDerived(context, webAcl, 'addressLimit', limit)) {
        continue;
      }
      const facts = context.factsFor(webAcl);
      const window = numberOf(rate.EvaluationWindowSec) ?? facts.number('waf/rateRule.defaultWindowSec');
      const requests = edgeTraffic(workload, workload.peak.perSecond, facts).public.requests / workload.cells;
      const busiest = requests * workload.keySkew.maximumShare() * window;
      if (limit < busiest) {
        yield {
          resource: webAcl,
          property: `${property}.Statement.RateBasedStatement.Limit`,
          message: `${formatNumber(limit)} requests in ${window} s are allowed; the busiest merchant sends ${formatNumber(busiest)}`,
        };
      }
    }
  },
};
