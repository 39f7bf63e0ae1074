import type { Facts } from '../../facts';
import type { Topology, TopologyResource } from '../../topology';
import { numberOf, textOf } from './values';

/** Lambda functions as other resources name them. */

/** The function that an ARN or a name means, behind a version or an alias too; undefined for one outside the assembly. */
export function functionNamed(topology: Topology, identifier: string | undefined): TopologyResource | undefined {
  if (identifier === undefined) {
    return undefined;
  }
  const [, withoutQualifier] = /^((?:arn:[^:]*:lambda:[^:]*:[^:]*:function:)?[^:]+)(?::[^:]+)?$/.exec(identifier) ?? [undefined, identifier];
  const found = topology.find(withoutQualifier);
  if (found?.type === 'AWS::Lambda::Alias' || found?.type === 'AWS::Lambda::Version') {
    return functionNamed(topology, textOf(found.properties.FunctionName));
  }
  return found?.type === 'AWS::Lambda::Function' ? found : undefined;
}

/** Seconds after which an invocation is stopped. */
export function timeoutOf(fn: TopologyResource, facts: Facts): number {
  return numberOf(fn.properties.Timeout) ?? facts.number('lambda/timeout.defaultSec');
}

/** Executions that are set aside for the function; undefined where it shares those of the account. */
export function reservedConcurrencyOf(fn: TopologyResource): number | undefined {
  return numberOf(fn.properties.ReservedConcurrentExecutions);
}
