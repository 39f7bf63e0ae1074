import type { TopologyResource } from '../../../topology';
import type { Finding, Rule } from '../../rule';
import { applicationLoadBalancers, listenersOf } from '../../views/load-balancers';
import { listOf, objectOf } from '../../views/values';

/** AwsSolutions looks at classic load balancers only (ELB5). */
export const plainHttp: Rule = {
  id: 'HT-EDGE-006',
  severity: 'error',
  what: 'A public listener takes plain HTTP.',
  why: 'Tokens and payments cross the internet in clear text, for everybody on the way to read and to change.',
  fix: 'Listen on 443 with a certificate, and let port 80 answer with a redirect to it or not listen at all.',
  source: 'https://docs.aws.amazon.com/elasticloadbalancing/latest/application/create-https-listener.html',
  *check(context): Iterable<Finding> {
    for (const balancer of applicationLoadBalancers(context).filter((it) => it.properties.Scheme === 'internet-facing')) {
      for (const resource of listenersOf(context, balancer)) {
        if (resource.properties.Protocol === 'HTTP' && !redirects(resource)) {
          yield { resource, property: 'Properties.Protocol', message: `port ${String(resource.properties.Port)} of a public load balancer speaks HTTP` };
        }
      }
    }
  },
};

function redirects(listener: TopologyResource): boolean {
  const actions = listOf(listener.properties.DefaultActions).map(objectOf);
  return actions.every((it) => it.Type === 'redirect' || it.Type === 'fixed-response');
}
