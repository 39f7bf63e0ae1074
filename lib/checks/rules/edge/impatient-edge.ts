import type { TopologyResource } from '../../../topology';
import type { CheckContext } from '../../check-context';
import type { Finding, Rule } from '../../rule';
import { functionNamed, timeoutOf } from '../../views/functions';
import { attributeNumber, loadBalancersOf } from '../../views/load-balancers';
import { listOf, numberOf, objectOf, textOf } from '../../views/values';

/** A function behind an edge, and for how long that waits. */
interface Waiting {
  readonly edge: TopologyResource;
  readonly property: string;
  readonly fn: TopologyResource;
  readonly seconds: number;
}

export const impatientEdge: Rule = {
  id: 'HT-EDGE-004',
  severity: 'warning',
  what: 'A function runs longer than the edge in front of it waits.',
  why: 'The client is told 504 and repeats, while the first attempt still runs and succeeds: the work is done twice.',
  fix: 'Set the timeout of the function below that of the edge, or answer 202 and do the work behind a queue.',
  source: 'https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html',
  *check(context): Iterable<Finding> {
    for (const { edge, property, fn, seconds } of [...integrations(context), ...targets(context)]) {
      const timeout = timeoutOf(fn, context.factsFor(fn));
      if (timeout > seconds) {
        yield { resource: edge, property, message: `it waits ${seconds} s for ${fn.logicalId}, which may run for ${timeout} s` };
      }
    }
  },
};

/** What API Gateway calls; a call that is not waited for cannot be too long. */
function integrations(context: CheckContext): Waiting[] {
  const { topology } = context;
  return topology.ofType('AWS::ApiGateway::Method', 'AWS::ApiGatewayV2::Integration').flatMap((edge) => {
    const isMethod = edge.type === 'AWS::ApiGateway::Method';
    const stated = isMethod ? objectOf(edge.properties.Integration) : edge.properties;
    const uri = textOf(stated.Uri) ?? textOf(stated.IntegrationUri) ?? '';
    const type = textOf(stated.Type) ?? textOf(stated.IntegrationType);
    const fn = functionNamed(topology, /functions\/(arn:[^/]+)\/invocations/.exec(uri)?.[1] ?? uri);
    const longest = context.factsFor(edge).number(isMethod ? 'apigateway/rest.timeoutMs' : 'apigateway/http.timeoutMs');
    const seconds = (numberOf(stated.TimeoutInMillis) ?? longest) / 1000;
    const property = isMethod ? 'Properties.Integration.TimeoutInMillis' : 'Properties.TimeoutInMillis';
    return fn === undefined || type !== 'AWS_PROXY' ? [] : [{ edge, property, fn, seconds }];
  });
}

function targets(context: CheckContext): Waiting[] {
  const { topology } = context;
  return topology.ofType('AWS::ElasticLoadBalancingV2::TargetGroup').filter((it) => it.properties.TargetType === 'lambda').flatMap((group) =>
    loadBalancersOf(context, group).flatMap((edge) =>
      listOf(group.properties.Targets).flatMap((target) => {
        const fn = functionNamed(topology, textOf(objectOf(target).Id));
        const seconds = attributeNumber(edge, 'idle_timeout.timeout_seconds') ?? context.factsFor(edge).number('alb/idleTimeoutDefaultSec');
        return fn === undefined ? [] : [{ edge, property: 'Properties.LoadBalancerAttributes', fn, seconds }];
      })));
}
