/**
 * Types that AWS bills nothing for. What they cause elsewhere, such as the calls of a function, is billed there. Source: the pricing page of each
 * service, and for whole services the CloudFormation reference: what only describes, permits or connects has no price.
 */
const FREE_SERVICES = ['IAM', 'ApplicationAutoScaling', 'CodeDeploy', 'ServiceDiscovery', 'ResourceGroups', 'CloudFormation', 'CDK'];

const FREE = new Set([
  'AWS::Backup::BackupPlan', 'AWS::Backup::BackupSelection',
  'AWS::Budgets::Budget', 'AWS::CE::AnomalyMonitor', 'AWS::CE::AnomalySubscription',
  'AWS::CertificateManager::Certificate',
  'AWS::Cassandra::Keyspace',
  'AWS::CloudWatch::AnomalyDetector',
  'AWS::EC2::FlowLog', 'AWS::EC2::InternetGateway', 'AWS::EC2::LaunchTemplate', 'AWS::EC2::NetworkAcl', 'AWS::EC2::NetworkAclEntry', 'AWS::EC2::Route',
  'AWS::EC2::RouteTable', 'AWS::EC2::SecurityGroup', 'AWS::EC2::SecurityGroupEgress', 'AWS::EC2::SecurityGroupIngress', 'AWS::EC2::Subnet',
  'AWS::EC2::SubnetNetworkAclAssociation', 'AWS::EC2::SubnetRouteTableAssociation', 'AWS::EC2::VPC', 'AWS::EC2::VPCGatewayAttachment',
  'AWS::ECR::Repository', 'AWS::EKS::AccessEntry', 'AWS::EKS::PodIdentityAssociation', 'AWS::ECS::CapacityProvider', 'AWS::ECS::Cluster', 'AWS::ECS::ClusterCapacityProviderAssociations', 'AWS::ECS::TaskDefinition',
  'AWS::ElastiCache::ParameterGroup', 'AWS::ElastiCache::SubnetGroup', 'AWS::ElastiCache::User', 'AWS::ElastiCache::UserGroup',
  'AWS::ElasticLoadBalancingV2::Listener', 'AWS::ElasticLoadBalancingV2::ListenerCertificate', 'AWS::ElasticLoadBalancingV2::ListenerRule',
  'AWS::ElasticLoadBalancingV2::TargetGroup', 'AWS::ElasticLoadBalancingV2::TrustStore',
  'AWS::ApiGateway::Account', 'AWS::ApiGateway::Deployment', 'AWS::ApiGateway::Method', 'AWS::ApiGateway::Resource', 'AWS::ApiGateway::RequestValidator',
  'AWS::ApiGateway::UsagePlan', 'AWS::ApiGateway::ApiKey', 'AWS::ApiGateway::UsagePlanKey', 'AWS::ApiGateway::Model', 'AWS::ApiGateway::GatewayResponse',
  'AWS::ApiGateway::Authorizer', 'AWS::ApiGatewayV2::Authorizer', 'AWS::ApiGatewayV2::Integration', 'AWS::ApiGatewayV2::Route', 'AWS::ApiGatewayV2::Stage',
  'AWS::Glue::Database', 'AWS::Glue::Table',
  'AWS::CloudFront::CachePolicy', 'AWS::CloudFront::OriginRequestPolicy', 'AWS::CloudFront::ResponseHeadersPolicy', 'AWS::CloudFront::OriginAccessControl',
  'AWS::Events::ApiDestination', 'AWS::Events::Connection', 'AWS::Events::EventBusPolicy', 'AWS::Events::Rule',
  'AWS::KinesisAnalyticsV2::ApplicationCloudWatchLoggingOption',
  'AWS::Kinesis::ResourcePolicy',
  'AWS::KMS::Alias',
  'AWS::Lambda::EventInvokeConfig', 'AWS::Lambda::LayerVersion', 'AWS::Lambda::LayerVersionPermission', 'AWS::Lambda::Permission', 'AWS::Lambda::Url',
  'AWS::Logs::LogStream', 'AWS::Logs::MetricFilter', 'AWS::Logs::ResourcePolicy', 'AWS::Logs::QueryDefinition',
  'AWS::MSK::BatchScramSecret', 'AWS::MSK::ClusterPolicy', 'AWS::MSK::Configuration', 'AWS::MSK::Topic',
  'AWS::RDS::DBClusterParameterGroup', 'AWS::RDS::DBParameterGroup', 'AWS::RDS::DBSubnetGroup', 'AWS::RDS::DBProxyTargetGroup', 'AWS::RDS::DBProxyEndpoint',
  'AWS::S3::BucketPolicy', 'AWS::SNS::Subscription', 'AWS::SNS::TopicPolicy', 'AWS::SQS::QueuePolicy',
  'AWS::Scheduler::ScheduleGroup',
  'AWS::SecretsManager::ResourcePolicy', 'AWS::SecretsManager::RotationSchedule', 'AWS::SecretsManager::SecretTargetAttachment',
  'AWS::SSM::Parameter',
  'AWS::WAFv2::IPSet', 'AWS::WAFv2::LoggingConfiguration', 'AWS::WAFv2::RegexPatternSet', 'AWS::WAFv2::WebACLAssociation',
  'AWS::XRay::Group', 'AWS::XRay::SamplingRule',
]);

/** Whether AWS bills nothing for a type. A custom resource is its function, which is billed for itself. */
export function isFree(type: string): boolean {
  return FREE.has(type) || FREE_SERVICES.some((service) => type.startsWith(`AWS::${service}::`)) || type.startsWith('Custom::');
}
