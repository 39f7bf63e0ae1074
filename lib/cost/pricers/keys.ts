import type { TopologyResource } from '../../topology';
import { type Amount, derived } from '../amount';
import { text } from '../usage/traffic';
import type { UsageModel } from '../usage/usage-model';
import { charge, flowing, one, type Pricer } from './pricer';

const FIVE_MINUTES = 300;
const SECONDS_PER_MINUTE = 60;

/** Keys: the month, and the requests of what they protect. Services keep data keys for minutes, so that no payment asks for one. */
export const keyPricer: Pricer = {
  types: ['AWS::KMS::Key'],
  price: (resource, model) => [
    charge(resource, 'key', 'kms.keys', one()),
    flowing(resource, 'requests', 'kms.requests', model.use(resource, 'requestsPerSecond', () => requestsOf(resource, model))),
  ],
};

function requestsOf(resource: TopologyResource, model: UsageModel): Amount {
  const facts = model.facts(resource);
  const processes = Math.max(1, Math.ceil(model.rate / facts.number('target/store.paymentsPerProcess')));
  const protectedOnes = [...new Set(model.references.to(resource).map(({ from }) => from))].filter((it) => !/^AWS::(IAM|KMS)::/.test(it.type));
  const perStream = facts.number('kinesis/sse.kmsCallsPer5min') / FIVE_MINUTES;
  const perTable = processes / (SECONDS_PER_MINUTE * facts.number('dynamodb/kms.refreshMinutes'));
  const perBucket = processes / (SECONDS_PER_MINUTE * facts.number('s3/bucketKey.minutes'));
  const calls = protectedOnes.reduce((sum, { type }) => sum
    + (type === 'AWS::Kinesis::Stream' ? perStream : /^AWS::DynamoDB::/.test(type) ? perTable : type === 'AWS::S3::Bucket' ? perBucket : 1 / FIVE_MINUTES), 0);
  return derived(calls, `${protectedOnes.length} resources under it, ${text(calls)} requests/s with the data keys that their services keep`);
}

/** Secrets: the month, and reads of them. */
export const secretPricer: Pricer = {
  types: ['AWS::SecretsManager::Secret'],
  price: (resource, model) => [
    charge(resource, 'secret', 'secrets.secrets', one()),
    flowing(resource, 'requests', 'secrets.requests', model.use(resource, 'requestsPerSecond', () => model.assume('rareCallsPerSecond', 'reads of a secret'))),
  ],
};
