import type { Finding, Rule } from '../../rule';
import { textOf } from '../../views/values';

/** Policies that still speak TLS 1.0 or 1.1; the default of a listener is the first. */
const DEFAULT_POLICY = 'ELBSecurityPolicy-2016-08';
const OUTDATED = /^ELBSecurityPolicy-(2016-08|2015-05|TLS-1-0-.*|TLS-1-1-.*|FS-2018-06|FS-1-1-.*|TLS13-1-[01]-.*)$/;

export const outdatedTls: Rule = {
  id: 'HT-EDGE-008',
  severity: 'warning',
  what: 'A listener accepts versions of TLS that are withdrawn.',
  why: 'Without a policy a listener takes TLS 1.0 and 1.1, which the card industry has forbidden since 2018 and every scan reports.',
  fix: 'Set SslPolicy to one of TLS 1.2 and 1.3, for example ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09.',
  source: 'https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html',
  *check({ topology }): Iterable<Finding> {
    for (const resource of topology.ofType('AWS::ElasticLoadBalancingV2::Listener')) {
      const policy = textOf(resource.properties.SslPolicy) ?? DEFAULT_POLICY;
      const encrypted = resource.properties.Protocol === 'HTTPS' || resource.properties.Protocol === 'TLS';
      if (encrypted && OUTDATED.test(policy)) {
        yield { resource, property: 'Properties.SslPolicy', message: `the policy is ${policy}${resource.properties.SslPolicy === undefined ? ', the default' : ''}` };
      }
    }
  },
};
