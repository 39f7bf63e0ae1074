import { edgeTraffic } from '../../../sizing/edge-traffic';
import { formatNumber } from '../../../sizing/format';
import { SECONDS_PER_MONTH } from '../../../sizing/monthly-cost';
import type { Finding, Rule } from '../../rule';
import { applicationLoadBalancers } from '../../views/load-balancers';
import { guardedBy } from '../../views/web-acls';

export const partnerInspection: Rule = {
  id: 'HT-EDGE-002',
  severity: 'warning',
  what: 'A web ACL inspects the requests of partners too.',
  why: 'It is paid for each request. Partners show a certificate or come through PrivateLink; looking for attackers among them is the second largest line of the bill.',
  fix: 'Give partners a load balancer of their own, with mutual TLS and without a web ACL, and keep the web ACL for people and their devices.',
  source: 'https://aws.amazon.com/waf/pricing/',
  *check(context): Iterable<Finding> {
    const { topology } = context;
    const balancers = applicationLoadBalancers(context);
    for (const resource of topology.ofType('AWS::WAFv2::WebACL')) {
      const guarded = guardedBy(context, resource).filter((it) => balancers.includes(it));
      const open = balancers.some((it) => !topology.ofType('AWS::WAFv2::WebACLAssociation').some(({ properties }) => properties.ResourceArn === it.reference));
      const workload = guarded.length === 0 || open ? undefined : context.workloadOf(resource);
      if (workload === undefined) {
        continue;
      }
      const facts = context.factsFor(resource);
      const dollars = edgeTraffic(workload, workload.average.perSecond, facts).partner.requests * SECONDS_PER_MONTH / 1e6 * facts.number('waf/requestMillion')
        * guarded.length / balancers.length;
      if (dollars > facts.number('target/check.webAclMonthlyDollars')) {
        yield {
          resource,
          message: `no load balancer is without one; for the ${formatNumber(100 * (1 - workload.publicEdgeShare))} % of requests that partners send it costs `
            + `$${formatNumber(dollars)} a month`,
        };
      }
    }
  },
};
