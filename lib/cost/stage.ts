import type { TopologyResource } from '../topology';

/** Part of a payment system that money is spent in. */
export type Stage =
  | 'edge' | 'api' | 'stream' | 'worker' | 'ledger' | 'balances' | 'audit' | 'cache' | 'fraud' | 'payouts' | 'events' | 'refunds' | 'database'
  | 'network' | 'security' | 'observability' | 'backup' | 'other';

/** Words in the path of a construct that tell its stage, the most telling first. */
const BY_WORD: readonly (readonly [RegExp, Stage])[] = [
  [/^(audit|archive)/, 'audit'],
  [/^fraud/, 'fraud'],
  [/^(cache|warmer)/, 'cache'],
  [/^(payout|saga)/, 'payouts'],
  [/^refund/, 'refunds'],
  [/^balance/, 'balances'],
  [/^(events|notification|report)/, 'events'],
  [/^backup/, 'backup'],
  [/^(accesslogs|flowlogs|log)$/, 'observability'],
  [/^(parking|failures)/, 'worker'],
];

/** What resources of a type usually belong to; the first pattern that fits. */
const BY_TYPE: readonly (readonly [RegExp, Stage])[] = [
  [/^AWS::(CloudWatch|Logs|XRay|Synthetics)::/, 'observability'],
  [/^AWS::(KMS|SecretsManager|IAM)::/, 'security'],
  [/^AWS::(ElasticLoadBalancing|WAF|Shield|ApiGateway|CloudFront|Route53)/, 'edge'],
  [/^AWS::EC2::(NatGateway|VPCEndpoint|EIP|FlowLog|VPC)/, 'network'],
  [/^AWS::(ECS|EKS|AutoScaling|ApplicationAutoScaling)::/, 'api'],
  [/^Custom::AWSCDK-EKS-/, 'api'],
  [/^AWS::EC2::Instance/, 'api'],
  [/^AWS::Kinesis::StreamConsumer/, 'worker'],
  [/^AWS::(Kinesis|MSK|KinesisFirehose)::/, 'stream'],
  [/^AWS::Lambda::/, 'worker'],
  [/^AWS::Backup::/, 'backup'],
  [/^AWS::KinesisAnalyticsV2::/, 'fraud'],
  [/^AWS::ElastiCache::/, 'cache'],
  [/^AWS::RDS::/, 'database'],
  [/^AWS::DynamoDB::/, 'ledger'],
  [/^AWS::Cassandra::/, 'audit'],
  [/^AWS::(SQS|SNS|Events|Scheduler)::/, 'events'],
  [/^AWS::StepFunctions::/, 'payouts'],
];

/** Alarms, logs and keys are counted as what they are, wherever they stand. */
const ALWAYS_BY_TYPE = /^AWS::(CloudWatch|Logs|KMS|SecretsManager)::/;

/** The stage that a resource belongs to, by the words in the path of its construct, else by its type. */
export function stageOf(resource: TopologyResource): Stage {
  const words = ALWAYS_BY_TYPE.test(resource.type) ? [] : resource.constructPath.toLowerCase().split(/[/-]/);
  for (const [pattern, stage] of BY_WORD) {
    if (words.some((word) => pattern.test(word))) {
      return stage;
    }
  }
  return BY_TYPE.find(([pattern]) => pattern.test(resource.type))?.[1] ?? 'other';
}

/** Tags of a resource, whichever way its type writes them. */
export function tagsOf(resource: TopologyResource): { readonly [key: string]: string } {
  if (resource.type === MANIFEST) {
    return manifestTags(resource);
  }
  const { properties } = resource;
  const [replica] = Array.isArray(properties.Replicas) ? properties.Replicas as readonly { Tags?: unknown }[] : [];
  const written = properties.Tags ?? replica?.Tags ?? properties.BackupVaultTags ?? properties.HostedZoneTags;
  if (Array.isArray(written)) {
    return Object.fromEntries((written as readonly { Key?: unknown; Value?: unknown }[]).map(({ Key, Value }) => [String(Key), String(Value)]));
  }
  return typeof written === 'object' && written !== null
    ? Object.fromEntries(Object.entries(written).map(([key, value]) => [key, String(value)]))
    : {};
}

const MANIFEST = 'Custom::AWSCDK-EKS-KubernetesResource';
const BALANCER_TAGS = 'service.beta.kubernetes.io/aws-load-balancer-additional-resource-tags';
const tagsByManifest = new WeakMap<TopologyResource, { readonly [key: string]: string }>();

/** Tags of what controllers make for a manifest: nodes have those of their class, load balancers those of an annotation. */
function manifestTags(resource: TopologyResource): { readonly [key: string]: string } {
  const known = tagsByManifest.get(resource);
  if (known !== undefined) {
    return known;
  }
  const found: { [key: string]: string } = {};
  JSON.parse(String(resource.properties.Manifest), (key, value: unknown) => {
    if (key === BALANCER_TAGS) {
      Object.assign(found, Object.fromEntries(String(value).split(',').map((it) => it.split('=', 2))));
    } else if (isNodeClass(value)) {
      Object.assign(found, value.spec?.tags);
    }
    return value;
  });
  tagsByManifest.set(resource, found);
  return found;
}

function isNodeClass(value: unknown): value is { readonly spec?: { readonly tags?: object } } {
  return typeof value === 'object' && value !== null && (value as { readonly kind?: unknown }).kind === 'EC2NodeClass';
}
