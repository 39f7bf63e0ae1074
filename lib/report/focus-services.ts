/** A service as the FinOps Open Cost and Usage Specification names it: its own name, and one of the categories that the specification allows. */
export interface FocusService {
  readonly name: string;
  /** `ServiceCategory` of FOCUS 1.2. */
  readonly category: FocusCategory;
}

/** Those of the allowed values that services here fall into. */
export type FocusCategory = 'Analytics' | 'Compute' | 'Databases' | 'Integration' | 'Management and Governance' | 'Networking' | 'Security' | 'Storage' | 'Other';

const VPC: FocusService = { name: 'Amazon Virtual Private Cloud', category: 'Networking' };
const EC2: FocusService = { name: 'Amazon Elastic Compute Cloud', category: 'Compute' };
const CLOUDWATCH: FocusService = { name: 'Amazon CloudWatch', category: 'Management and Governance' };

/** By the first two parts of a CloudFormation type, or by all of it where a namespace holds several services. */
const SERVICES: { readonly [type: string]: FocusService } = {
  'AWS::ApiGateway': { name: 'Amazon API Gateway', category: 'Integration' },
  'AWS::ApiGatewayV2': { name: 'Amazon API Gateway', category: 'Integration' },
  'AWS::AutoScaling': EC2,
  'AWS::Backup': { name: 'AWS Backup', category: 'Storage' },
  'AWS::Cassandra': { name: 'Amazon Keyspaces (for Apache Cassandra)', category: 'Databases' },
  'AWS::CloudFront': { name: 'Amazon CloudFront', category: 'Networking' },
  'AWS::CloudWatch': CLOUDWATCH,
  'AWS::DynamoDB': { name: 'Amazon DynamoDB', category: 'Databases' },
  'AWS::EC2': VPC,
  'AWS::EC2::Instance': EC2,
  'AWS::ECS': { name: 'Amazon Elastic Container Service', category: 'Compute' },
  'AWS::EKS': { name: 'Amazon Elastic Kubernetes Service', category: 'Compute' },
  'AWS::ElastiCache': { name: 'Amazon ElastiCache', category: 'Databases' },
  'AWS::ElasticLoadBalancingV2': { name: 'Elastic Load Balancing', category: 'Networking' },
  'AWS::Events': { name: 'Amazon EventBridge', category: 'Integration' },
  'AWS::KMS': { name: 'AWS Key Management Service', category: 'Security' },
  'AWS::Kinesis': { name: 'Amazon Kinesis', category: 'Analytics' },
  'AWS::KinesisAnalyticsV2': { name: 'Amazon Managed Service for Apache Flink', category: 'Analytics' },
  'AWS::KinesisFirehose': { name: 'Amazon Data Firehose', category: 'Analytics' },
  'AWS::Lambda': { name: 'AWS Lambda', category: 'Compute' },
  'AWS::Logs': CLOUDWATCH,
  'AWS::MSK': { name: 'Amazon Managed Streaming for Apache Kafka', category: 'Analytics' },
  'AWS::RDS': { name: 'Amazon Relational Database Service', category: 'Databases' },
  'AWS::Route53': { name: 'Amazon Route 53', category: 'Networking' },
  'AWS::S3': { name: 'Amazon Simple Storage Service', category: 'Storage' },
  'AWS::SNS': { name: 'Amazon Simple Notification Service', category: 'Integration' },
  'AWS::SQS': { name: 'Amazon Simple Queue Service', category: 'Integration' },
  'AWS::Scheduler': { name: 'Amazon EventBridge', category: 'Integration' },
  'AWS::SecretsManager': { name: 'AWS Secrets Manager', category: 'Security' },
  'AWS::Shield': { name: 'AWS Shield', category: 'Security' },
  'AWS::StepFunctions': { name: 'AWS Step Functions', category: 'Integration' },
  'AWS::WAFv2': { name: 'AWS WAF', category: 'Security' },
  // The nodes under pods.
  'Custom::AWSCDK-EKS-KubernetesResource': EC2,
  'Custom::AWSCDK-EKS-Cluster': { name: 'Amazon Elastic Kubernetes Service', category: 'Compute' },
};

/** The service of a CloudFormation type; one that is not in the table goes by its namespace, as `Other`. */
export function focusService(type: string): FocusService {
  const namespace = type.split('::').slice(0, 2).join('::');
  return SERVICES[type] ?? SERVICES[namespace] ?? { name: namespace, category: 'Other' };
}
