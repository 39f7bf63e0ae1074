import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';

/**
 * Actions that name no resource, by the name of an endpoint's service. AWS compares no account of a resource where there is none, so these
 * are bound to the caller's account alone.
 */
const WITHOUT_RESOURCE: { readonly [service: string]: readonly string[] } = {
  'ecr.api': ['ecr:GetAuthorizationToken'],
  'ecr.dkr': ['ecr:GetAuthorizationToken'],
  'ecs': ['ecs:DiscoverPollEndpoint'],
  'ecs-agent': ['ecs:DiscoverPollEndpoint', 'ecs:Poll', 'ecs:StartTelemetrySession'],
  'ecs-telemetry': ['ecs:DiscoverPollEndpoint', 'ecs:StartTelemetrySession'],
  'kinesis-streams': ['kinesis:DescribeLimits', 'kinesis:ListStreams'],
  'kms': ['kms:GenerateRandom'],
  'monitoring': ['cloudwatch:GetMetricData', 'cloudwatch:GetMetricStatistics', 'cloudwatch:ListMetrics', 'cloudwatch:PutMetricData'],
  'secretsmanager': ['secretsmanager:GetRandomPassword'],
  'sts': ['sts:GetCallerIdentity'],
  'xray': [
    'xray:GetSamplingRules', 'xray:GetSamplingStatisticSummaries', 'xray:GetSamplingTargets', 'xray:PutSpans', 'xray:PutTelemetryRecords',
    'xray:PutTraceSegments',
  ],
};

/** Actions that ask about all resources of a kind, which DynamoDB and S3 answer for the caller's account. */
const GATEWAY_WITHOUT_RESOURCE: { readonly [service: string]: readonly string[] } = {
  dynamodb: ['dynamodb:DescribeEndpoints', 'dynamodb:DescribeLimits', 'dynamodb:ListTables'],
  s3: ['s3:ListAllMyBuckets'],
};

/**
 * Layers of every image in Amazon ECR lie in a bucket of AWS, one for each region. It is read with links that ECR signs, as nobody of this
 * account.
 */
function imageLayers(stack: Stack): iam.PolicyStatement {
  return new iam.PolicyStatement({
    sid: 'LayersOfImages',
    principals: [new iam.AnyPrincipal()],
    actions: ['s3:GetObject'],
    resources: [`arn:${stack.partition}:s3:::prod-${stack.region}-starport-layer-bucket/*`],
  });
}

/** Principals of this account on resources of this account, and of the accounts that are named. */
function ownResources(stack: Stack, trusted: readonly string[]): iam.PolicyStatement {
  return new iam.PolicyStatement({
    sid: 'OwnResources',
    principals: [new iam.AnyPrincipal()],
    actions: ['*'],
    resources: ['*'],
    conditions: { StringEquals: { 'aws:PrincipalAccount': stack.account, 'aws:ResourceAccount': [stack.account, ...trusted] } },
  });
}

function withoutResource(stack: Stack, actions: readonly string[] | undefined): iam.PolicyStatement[] {
  return actions === undefined ? [] : [new iam.PolicyStatement({
    sid: 'WithoutResource',
    principals: [new iam.AnyPrincipal()],
    actions: [...actions],
    resources: ['*'],
    conditions: { StringEquals: { 'aws:PrincipalAccount': stack.account } },
  })];
}

/** Endpoints over which nodes pull images. */
const OF_IMAGES: readonly string[] = ['ecr.api', 'ecr.dkr'];

/**
 * Images of managed add-ons of EKS lie in accounts of AWS, another one for each region. They are read, and nothing is written there.
 *
 * @see https://docs.aws.amazon.com/eks/latest/userguide/add-ons-images.html
 */
function imagesOfOthers(stack: Stack): iam.PolicyStatement {
  return new iam.PolicyStatement({
    sid: 'ImagesOfOthers',
    principals: [new iam.AnyPrincipal()],
    actions: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
    resources: ['*'],
    conditions: { StringEquals: { 'aws:PrincipalAccount': stack.account } },
  });
}

/**
 * What may pass an interface endpoint: whoever somebody becomes inside the network, data goes to no other account.
 *
 * @param service short name, as in `com.amazonaws.<region>.<name>`
 * @param trusted numbers of further accounts whose resources may be reached
 * @param foreignImages whether images of other accounts may be read
 */
export function interfaceEndpointPolicy(
  scope: IConstruct, service: string, trusted: readonly string[], foreignImages: boolean,
): iam.PolicyStatement[] {
  const stack = Stack.of(scope);
  const images = foreignImages && OF_IMAGES.includes(service) ? [imagesOfOthers(stack)] : [];
  return [ownResources(stack, trusted), ...withoutResource(stack, WITHOUT_RESOURCE[service]), ...images];
}

/** What may pass a gateway endpoint. The one of S3 carries the layers of images as well. */
export function gatewayEndpointPolicy(scope: IConstruct, service: 'dynamodb' | 's3', trusted: readonly string[]): iam.PolicyStatement[] {
  const stack = Stack.of(scope);
  const layers = service === 's3' ? [imageLayers(stack)] : [];
  return [ownResources(stack, trusted), ...withoutResource(stack, GATEWAY_WITHOUT_RESOURCE[service]), ...layers];
}
