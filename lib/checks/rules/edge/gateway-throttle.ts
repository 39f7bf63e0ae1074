import { edgeTraffic } from '../../../sizing/edge-traffic';
import { formatNumber } from '../../../sizing/format';
import type { Finding, Rule } from '../../rule';

export const gatewayThrottle: Rule = {
  id: 'HT-EDGE-007',
  severity: 'warning',
  what: 'API Gateway stands in front of more requests than an account may send through it.',
  why: 'All APIs of an account and region share one throttle. What exceeds it is answered with 429, whichever API it is for.',
  fix: 'Put a load balancer in front of the service, or ask for a raise and look at the price for each request first.',
  source: 'https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html',
  *check(context): Iterable<Finding> {
    for (const resource of context.topology.ofType('AWS::ApiGateway::RestApi', 'AWS::ApiGatewayV2::Api').filter((it) => it.properties.ProtocolType !== 'WEBSOCKET')) {
      const workload = context.workloadOf(resource);
      const facts = context.factsFor(resource);
      const throttle = facts.number('apigateway/throttle.rps');
      const requests = workload === undefined ? 0 : edgeTraffic(workload, workload.peak.perSecond, facts).requests;
      if (requests > throttle) {
        yield { resource, message: `${formatNumber(requests)} requests/s at the stated peak; the account takes ${formatNumber(throttle)}` };
      }
    }
  },
};
