import type { BillLine } from './bill-line';

/** Names of services as Cost Explorer and budgets filter by them, by the first part of a price id. One that is not known for certain is left out. */
const BY_PRICE: { readonly [service: string]: string } = {
  alb: 'Amazon Elastic Load Balancing',
  apigateway: 'Amazon API Gateway',
  cloudfront: 'Amazon CloudFront',
  cloudwatch: 'AmazonCloudWatch',
  dynamodb: 'Amazon DynamoDB',
  ebs: 'EC2 - Other',
  ec2: 'Amazon Elastic Compute Cloud - Compute',
  elasticache: 'Amazon ElastiCache',
  eks: 'Amazon Elastic Container Service for Kubernetes',
  fargate: 'Amazon Elastic Container Service',
  firehose: 'Amazon Kinesis Firehose',
  flink: 'Amazon Kinesis Analytics',
  kinesis: 'Amazon Kinesis',
  kms: 'AWS Key Management Service',
  lambda: 'AWS Lambda',
  msk: 'Amazon Managed Streaming for Apache Kafka',
  nlb: 'Amazon Elastic Load Balancing',
  route53: 'Amazon Route 53',
  s3: 'Amazon Simple Storage Service',
  secretsmanager: 'AWS Secrets Manager',
  sns: 'Amazon Simple Notification Service',
  sqs: 'Amazon Simple Queue Service',
  stepfunctions: 'AWS Step Functions',
  waf: 'AWS WAF',
  xray: 'AWS X-Ray',
};

/** Where a whole price id decides: gateways and traffic between zones are counted with instances, endpoints and addresses with the network. */
const BY_PRICE_ID: readonly (readonly [RegExp, string])[] = [
  [/^vpc\/(natGateway\.|interAz\.)/, 'EC2 - Other'],
  [/^vpc\/(interfaceEndpoint\.|publicIpv4)/, 'Amazon Virtual Private Cloud'],
];

/**
 * The service under which Cost Explorer shows a line, and by which a budget filters it: the `SERVICE` dimension, which is neither the service code
 * of a price list nor the name that the service calls itself by. Undefined where it is not known for certain: a budget for a name that there is
 * none of sees nothing and warns of nothing.
 */
export function explorerService({ priceId, type }: Pick<BillLine, 'priceId' | 'type'>): string | undefined {
  if (type.startsWith('AWS::Backup::')) {
    return 'AWS Backup';
  }
  // What leaves a load balancer for the internet is billed with it.
  if (priceId.startsWith('vpc/internetOut.') && type.startsWith('AWS::ElasticLoadBalancing')) {
    return BY_PRICE.alb;
  }
  return BY_PRICE_ID.find(([pattern]) => pattern.test(priceId))?.[1] ?? BY_PRICE[priceId.split('/')[0]];
}
