import type { TemplateValue, TopologyResource } from '../../topology';
import type { CheckContext } from '../check-context';
import { functionNamed } from './functions';
import { listOf, objectOf, textOf } from './values';

/** Functions that get events from services which do not wait for the answer. */

/** Functions that get events without anybody waiting for the answer, and what sends them. */
export function asynchronousInvokers(context: CheckContext): ReadonlyMap<TopologyResource, readonly TopologyResource[]> {
  const { topology } = context;
  const byFunction = new Map<TopologyResource, TopologyResource[]>();
  const add = (invoker: TopologyResource, target: TemplateValue | undefined) => {
    const fn = functionNamed(topology, textOf(target));
    if (fn !== undefined) {
      byFunction.set(fn, [...(byFunction.get(fn) ?? []), invoker]);
    }
  };
  // The next tick of a schedule makes up for a lost one; an event comes once.
  for (const rule of topology.ofType('AWS::Events::Rule').filter((it) => it.properties.EventPattern !== undefined)) {
    listOf(rule.properties.Targets).forEach((target) => add(rule, objectOf(target).Arn));
  }
  for (const subscription of topology.ofType('AWS::SNS::Subscription')) {
    add(subscription, subscription.properties.Protocol === 'lambda' ? subscription.properties.Endpoint : undefined);
  }
  for (const bucket of topology.ofType('AWS::S3::Bucket')) {
    listOf(objectOf(bucket.properties.NotificationConfiguration).LambdaConfigurations).forEach((it) => add(bucket, objectOf(it).Function));
  }
  for (const notifications of topology.ofType('Custom::S3BucketNotifications')) {
    listOf(objectOf(notifications.properties.NotificationConfiguration).LambdaFunctionConfigurations)
      .forEach((it) => add(notifications, objectOf(it).LambdaFunctionArn));
  }
  return byFunction;
}

/** ARN of what takes the events that a function could not handle; undefined where there is none. */
export function failurePathOf({ topology }: CheckContext, fn: TopologyResource): string | undefined {
  const configured = topology.ofType('AWS::Lambda::EventInvokeConfig')
    .filter((it) => functionNamed(topology, textOf(it.properties.FunctionName)) === fn)
    .map((it) => textOf(objectOf(objectOf(it.properties.DestinationConfig).OnFailure).Destination));
  return [textOf(objectOf(fn.properties.DeadLetterConfig).TargetArn), ...configured].find((it) => it !== undefined);
}
