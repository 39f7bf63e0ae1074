import type { TemplateValue } from './template';

/** Where a resource lives and what the template says of it: all that its made-up identifiers depend on. */
export interface Placement {
  readonly stackName: string;
  readonly logicalId: string;
  readonly type: string;
  readonly region: string;
  readonly account: string;
  readonly partition: string;
}

/** The property that holds a resource's name where the template gives one. */
const NAME_PROPERTIES: { readonly [type: string]: string } = {
  'AWS::DynamoDB::GlobalTable': 'TableName',
  'AWS::DynamoDB::Table': 'TableName',
  'AWS::ECS::Cluster': 'ClusterName',
  'AWS::EKS::Cluster': 'Name',
  'AWS::ElastiCache::ReplicationGroup': 'ReplicationGroupId',
  'AWS::ElastiCache::ServerlessCache': 'ServerlessCacheName',
  'AWS::Events::EventBus': 'Name',
  'AWS::Events::Rule': 'Name',
  'AWS::IAM::Role': 'RoleName',
  'AWS::Kinesis::Stream': 'Name',
  'AWS::Kinesis::StreamConsumer': 'ConsumerName',
  'AWS::Lambda::Function': 'FunctionName',
  'AWS::Logs::LogGroup': 'LogGroupName',
  'AWS::MSK::Cluster': 'ClusterName',
  'AWS::MSK::ServerlessCluster': 'ClusterName',
  'AWS::MSK::Topic': 'TopicName',
  'AWS::RDS::DBCluster': 'DBClusterIdentifier',
  'AWS::S3::Bucket': 'BucketName',
  'AWS::SNS::Topic': 'TopicName',
  'AWS::SQS::Queue': 'QueueName',
  'AWS::StepFunctions::StateMachine': 'StateMachineName',
};

/** The name that the resource gets: the template's own, else one made of stack and logical id, the same in every synthesis. */
export function physicalName(at: Placement, properties: { readonly [name: string]: TemplateValue }): string {
  const given = properties[NAME_PROPERTIES[at.type] ?? ''];
  if (typeof given === 'string') {
    return given;
  }
  const name = `${at.stackName}-${at.logicalId}`;
  return at.type === 'AWS::S3::Bucket' ? name.toLowerCase() : name;
}

/** What `Ref` gives for the resource. Documented for each type in its "Return values" of the CloudFormation reference. */
export function reference(at: Placement, name: string, properties: { readonly [name: string]: TemplateValue }): string {
  switch (at.type) {
    case 'AWS::SQS::Queue':
      return `https://sqs.${at.region}.amazonaws.com/${at.account}/${name}`;
    case 'AWS::Lambda::Version':
      return `${String(properties.FunctionName)}:1`;
    case 'AWS::Lambda::Alias':
      return `${functionArn(at, properties.FunctionName)}:${String(properties.Name)}`;
    case 'AWS::Kinesis::StreamConsumer':
    case 'AWS::MSK::Cluster':
    case 'AWS::MSK::ServerlessCluster':
    case 'AWS::MSK::Topic':
    case 'AWS::SNS::Topic':
    case 'AWS::StepFunctions::StateMachine':
    case 'AWS::ECS::Service':
    case 'AWS::ECS::TaskDefinition':
    case 'AWS::ElasticLoadBalancingV2::LoadBalancer':
    case 'AWS::ElasticLoadBalancingV2::Listener':
    case 'AWS::ElasticLoadBalancingV2::TargetGroup':
      return arn(at, name, properties);
    default:
      return name;
  }
}

/**
 * What `Fn::GetAtt` gives for an attribute of the resource.
 *
 * Attributes that nothing in a local reading depends on get a made-up value that names them.
 */
export function attribute(at: Placement, name: string, properties: { readonly [name: string]: TemplateValue }, attributeName: string): string {
  switch (attributeName) {
    case 'Arn':
      return arn(at, name, properties);
    case 'ConsumerARN':
    case 'DBProxyArn':
    case 'StreamARN':
    case 'TopicArn':
    case 'ServiceArn':
    case 'LoadBalancerArn':
      return arn(at, name, properties);
    case 'StreamArn':
      // The label of a table stream is the moment at which it was enabled.
      return `${arn(at, name, properties)}/stream/1970-01-01T00:00:00.000`;
    case 'QueueUrl':
      return `https://sqs.${at.region}.amazonaws.com/${at.account}/${name}`;
    case 'QueueName':
    case 'Name':
    case 'FunctionName':
    case 'RoleId':
      return name;
    case 'LoadBalancerFullName':
      return loadBalancerFullName(name);
    case 'TargetGroupFullName':
      return targetGroupFullName(name);
    case 'Version':
      return '1';
    case 'ConfigurationEndPoint.Address':
      return cacheHost(at, `clustercfg.${name}`);
    case 'PrimaryEndPoint.Address':
      return cacheHost(at, `master.${name}`);
    case 'ReaderEndPoint.Address':
      return cacheHost(at, `replica.${name}`);
    case 'ConfigurationEndPoint.Port':
    case 'PrimaryEndPoint.Port':
    case 'ReaderEndPoint.Port':
      return String(properties.Port ?? CACHE_PORT);
    case 'DNSName':
    case 'DomainName':
    case 'RegionalDomainName':
      return `${name.toLowerCase()}.${at.region}.amazonaws.com`;
    default:
      return at.type === 'AWS::ElastiCache::ServerlessCache' ? serverlessEndpoint(at, name, attributeName) : `${name}.${attributeName}`;
  }
}

/** Where Redis and Valkey listen that are not told otherwise; the readers of a serverless cache have the port behind it. */
const CACHE_PORT = 6379;

function cacheHost(at: Placement, labels: string): string {
  return `${labels.toLowerCase()}.cache.${at.region}.amazonaws.com`;
}

function serverlessEndpoint(at: Placement, name: string, attributeName: string): string {
  switch (attributeName) {
    case 'Endpoint.Address':
    case 'ReaderEndpoint.Address':
      return cacheHost(at, `${name}.serverless`);
    case 'Endpoint.Port':
      return String(CACHE_PORT);
    case 'ReaderEndpoint.Port':
      return String(CACHE_PORT + 1);
    default:
      return `${name}.${attributeName}`;
  }
}

function functionArn(at: Placement, functionName: TemplateValue | undefined): string {
  const text = String(functionName);
  return text.startsWith('arn:') ? text : `arn:${at.partition}:lambda:${at.region}:${at.account}:function:${text}`;
}

function arn(at: Placement, name: string, properties: { readonly [name: string]: TemplateValue }): string {
  const regional = (service: string, resource: string) => `arn:${at.partition}:${service}:${at.region}:${at.account}:${resource}`;
  switch (at.type) {
    case 'AWS::DynamoDB::GlobalTable':
    case 'AWS::DynamoDB::Table':
      return regional('dynamodb', `table/${name}`);
    case 'AWS::Events::EventBus':
      return regional('events', `event-bus/${name}`);
    case 'AWS::Events::Rule':
      return regional('events', `rule/${name}`);
    case 'AWS::Kinesis::Stream':
      return regional('kinesis', `stream/${name}`);
    case 'AWS::Kinesis::StreamConsumer':
      return `${String(properties.StreamARN)}/consumer/${name}:0`;
    case 'AWS::Lambda::Function':
      return regional('lambda', `function:${name}`);
    case 'AWS::MSK::Cluster':
    case 'AWS::MSK::ServerlessCluster':
      return regional('kafka', `cluster/${name}/${MADE_UP_UUID}`);
    case 'AWS::MSK::Topic':
      return `${String(properties.ClusterArn).replace(':cluster/', ':topic/')}/${name}`;
    case 'AWS::RDS::DBProxy':
      return regional('rds', `db-proxy:${name}`);
    case 'AWS::RDS::DBCluster':
      return regional('rds', `cluster:${name}`);
    case 'AWS::SQS::Queue':
      return regional('sqs', name);
    case 'AWS::SNS::Topic':
      return regional('sns', name);
    case 'AWS::StepFunctions::StateMachine':
      return regional('states', `stateMachine:${name}`);
    case 'AWS::KMS::Key':
      return regional('kms', `key/${name}`);
    case 'AWS::Logs::LogGroup':
      return regional('logs', `log-group:${name}:*`);
    case 'AWS::S3::Bucket':
      return `arn:${at.partition}:s3:::${name}`;
    case 'AWS::IAM::Role':
      return `arn:${at.partition}:iam::${at.account}:role/${name}`;
    case 'AWS::ECS::Cluster':
      return regional('ecs', `cluster/${name}`);
    case 'AWS::ECS::Service':
      return regional('ecs', `service/${name}`);
    case 'AWS::ECS::TaskDefinition':
      return regional('ecs', `task-definition/${name}:1`);
    case 'AWS::ElasticLoadBalancingV2::LoadBalancer':
      return regional('elasticloadbalancing', `loadbalancer/${loadBalancerFullName(name)}`);
    case 'AWS::ElasticLoadBalancingV2::Listener':
      return `${String(properties.LoadBalancerArn).replace(':loadbalancer/', ':listener/')}/0`;
    case 'AWS::ElasticLoadBalancingV2::TargetGroup':
      return regional('elasticloadbalancing', targetGroupFullName(name));
    default:
      return regional(...madeUp(at.type, name));
  }
}

/** MSK puts one behind the name of a cluster. */
const MADE_UP_UUID = '00000000-0000-0000-0000-000000000000-0';

function loadBalancerFullName(name: string): string {
  return `app/${name}/0`;
}

function targetGroupFullName(name: string): string {
  return `targetgroup/${name}/0`;
}

/** For types whose ARN nobody reads here: service and kind out of `AWS::Service::Kind` or `Custom::Kind`. */
function madeUp(type: string, name: string): [string, string] {
  const words = type.toLowerCase().split('::');
  return [words[words.length - 2], `${words[words.length - 1]}/${name}`];
}
