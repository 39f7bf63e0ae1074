import type { TopologyResource } from '../../../topology';
import type { Finding, Rule } from '../../rule';
import { deadLetterQueues } from '../../views/dead-letters';
import { eventSourceMappings } from '../../views/event-source-mappings';
import { tables } from '../../views/tables';
import { objectOf, textOf } from '../../views/values';

/** AwsSolutions says the opposite of Kinesis (KDS3), for the price of a key: a few dollars a month, because Kinesis and DynamoDB cache data keys. */
export const customerKey: Rule = {
  id: 'HT-SECURITY-006',
  severity: 'warning',
  what: 'Data of a critical service are not under a key of the customer.',
  why: 'A key of AWS cannot be closed, rotated on demand, audited by its own policy or shared with a recovery account: who may read the resource may read all.',
  fix: 'Encrypt the resource with a KMS key of your own.',
  source: 'https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html',
  *check(context): Iterable<Finding> {
    const read = eventSourceMappings(context).flatMap((it) => it.source.resource ?? []);
    const open: (readonly [TopologyResource, string])[] = [
      ...context.topology.ofType('AWS::Kinesis::Stream').filter((it) => !isCustomerKey(objectOf(it.properties.StreamEncryption).KeyId))
        .map((it) => [it, 'Properties.StreamEncryption'] as const),
      ...tables(context).filter((it) => !it.encryptedByCustomerKey).map((it) => [it.resource, 'Properties.SSESpecification'] as const),
      ...[...new Set([...read, ...deadLetterQueues(context)])].filter((it) => it.type === 'AWS::SQS::Queue' && !isCustomerKey(it.properties.KmsMasterKeyId))
        .map((it) => [it, 'Properties.KmsMasterKeyId'] as const),
    ];
    for (const [resource, property] of open) {
      const tier = context.workloadOf(resource)?.recoveryTier.name;
      if (tier === 'critical') {
        yield { resource, property, message: `it holds data of a ${tier} service under a key of AWS` };
      }
    }
  },
};

function isCustomerKey(keyId: TopologyResource['properties'][string] | undefined): boolean {
  const text = textOf(keyId);
  return text !== undefined && !text.includes('alias/aws/');
}
