import type { Topology, TopologyResource } from '../../../topology';
import type { CheckContext } from '../../check-context';
import type { Finding, Rule } from '../../rule';
import { metricAlarms } from '../../views/alarms';
import { type PolicyStatement, statementsOf } from '../../views/policies';
import { listOf, textOf } from '../../views/values';

const CLOUDWATCH = 'cloudwatch.amazonaws.com';

export const mutedTopic: Rule = {
  id: 'HT-ALARM-012',
  severity: 'error',
  what: 'CloudWatch may not publish to the topic of an alarm.',
  why: 'The alarm goes off, its message is refused, and nobody is called. Only the history of the alarm tells. A policy that demands TLS takes the place of '
    + 'the one that every topic has, and the key of AWS (alias/aws/sns) can never be opened for CloudWatch.',
  fix: `Allow ${CLOUDWATCH} sns:Publish in the policy of the topic, and kms:Decrypt and kms:GenerateDataKey* in that of a customer key.`,
  source: 'https://repost.aws/knowledge-center/cloudwatch-receive-sns-for-alarm-trigger',
  *check(context): Iterable<Finding> {
    const { topology } = context;
    const arns = new Set([
      ...metricAlarms(context).flatMap((it) => it.actions),
      ...topology.ofType('AWS::CloudWatch::CompositeAlarm').flatMap((it) => listOf(it.properties.AlarmActions).map(String)),
    ]);
    for (const arn of arns) {
      const topic = topology.find(arn);
      if (topic?.type === 'AWS::SNS::Topic') {
        yield* refusals(topic, context);
      }
    }
  },
};

function* refusals(topic: TopologyResource, { topology }: CheckContext): Iterable<Finding> {
  const policies = topology.ofType('AWS::SNS::TopicPolicy').filter((it) => listOf(it.properties.Topics).includes(topic.reference));
  const statements = policies.flatMap((it) => statementsOf(it.properties.PolicyDocument));
  if (policies.length > 0 && !statements.some((it) => lets(it, 'sns:publish'))) {
    yield { resource: topic, message: `the policy of the topic does not name ${CLOUDWATCH}` };
  }
  const keyId = textOf(topic.properties.KmsMasterKeyId);
  if (keyId === undefined) {
    return;
  }
  if (keyId.endsWith('alias/aws/sns')) {
    yield { resource: topic, property: 'Properties.KmsMasterKeyId', message: `the key ${keyId} is closed to ${CLOUDWATCH}` };
    return;
  }
  const key = keyOf(topology, keyId);
  if (key !== undefined && !statementsOf(key.properties.KeyPolicy).some((it) => lets(it, 'kms:generatedatakey'))) {
    yield { resource: topic, property: 'Properties.KmsMasterKeyId', message: `the policy of its key ${key.logicalId} does not name ${CLOUDWATCH}` };
  }
}

/** Whether a statement lets CloudWatch do something. Everybody includes it; an account does not. */
function lets({ allows, actions, principals }: PolicyStatement, action: string): boolean {
  const named = principals.Service?.includes(CLOUDWATCH) === true || principals.AWS?.includes('*') === true;
  return allows && named && actions.some((it) => covers(it.toLowerCase(), action));
}

function covers(pattern: string, action: string): boolean {
  return pattern.endsWith('*') ? action.startsWith(pattern.slice(0, -1)) : pattern === action;
}

function keyOf(topology: Topology, keyId: string): TopologyResource | undefined {
  // An alias stands alone or at the end of its ARN, by its name or by reference.
  const last = keyId.slice(keyId.lastIndexOf(':') + 1);
  const alias = topology.ofType('AWS::KMS::Alias').find((it) => last === it.reference || last === it.properties.AliasName);
  const key = topology.find(alias === undefined ? keyId : textOf(alias.properties.TargetKeyId) ?? '');
  return key?.type === 'AWS::KMS::Key' ? key : undefined;
}
