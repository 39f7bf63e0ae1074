import type { TopologyResource } from '../../topology';
import type { CheckContext } from '../check-context';
import { eventSourceMappings } from './event-source-mappings';
import { listOf, numberOf, objectOf, textOf } from './values';

/** The queues of the assembly that take what others could not deliver. */
export function deadLetterQueues(context: CheckContext): readonly TopologyResource[] {
  return context.once(readDeadLetterQueues);
}

function readDeadLetterQueues(context: CheckContext): readonly TopologyResource[] {
  const { topology } = context;
  const arns = [
    ...topology.ofType('AWS::SQS::Queue', 'AWS::SNS::Subscription').map((it) => redriveTarget(it)),
    ...topology.ofType('AWS::Lambda::Function').map((it) => textOf(objectOf(it.properties.DeadLetterConfig).TargetArn)),
    ...topology.ofType('AWS::Events::Rule').flatMap((it) => listOf(it.properties.Targets).map((target) => textOf(objectOf(objectOf(target).DeadLetterConfig).Arn))),
    ...topology.ofType('AWS::Lambda::EventInvokeConfig')
      .map((it) => textOf(objectOf(objectOf(it.properties.DestinationConfig).OnFailure).Destination)),
    ...eventSourceMappings(context).map((it) => it.failureDestination?.arn),
  ];
  const queues = arns.map((arn) => topology.find(arn ?? '')).filter((it) => it?.type === 'AWS::SQS::Queue');
  return [...new Set(queues as TopologyResource[])];
}

/** ARN of the queue that takes what a queue or subscription could not deliver. The policy may be written as text. */
export function redriveTarget(resource: TopologyResource): string | undefined {
  const policy = resource.properties.RedrivePolicy;
  if (typeof policy !== 'string') {
    return textOf(objectOf(policy).deadLetterTargetArn);
  }
  return /"deadLetterTargetArn"\s*:\s*"([^"]+)"/.exec(policy)?.[1];
}

/** Attempts after which a queue gives a message up; undefined where it never does, or only the deployment knows. */
export function maximumReceives({ properties }: TopologyResource): number | undefined {
  const policy = properties.RedrivePolicy;
  const written = typeof policy === 'string' ? /"maxReceiveCount"\s*:\s*"?(\d+)/.exec(policy)?.[1] : objectOf(policy).maxReceiveCount;
  return numberOf(written);
}
