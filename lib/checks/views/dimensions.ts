import type { Topology, TopologyResource } from '../../topology';
import { textOf } from './values';

/** Types of the resources that a dimension of a namespace names. */
const NAMED_TYPES: { readonly [namespace: string]: { readonly [dimension: string]: readonly string[] } } = {
  'AWS/ApiGateway': { ApiId: ['AWS::ApiGatewayV2::Api', 'AWS::ApiGateway::RestApi'], ApiName: ['AWS::ApiGateway::RestApi'] },
  'AWS/ApplicationELB': {
    LoadBalancer: ['AWS::ElasticLoadBalancingV2::LoadBalancer'], TargetGroup: ['AWS::ElasticLoadBalancingV2::TargetGroup'],
  },
  'AWS/DynamoDB': { TableName: ['AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable'] },
  'AWS/ECS': { ClusterName: ['AWS::ECS::Cluster'], ServiceName: ['AWS::ECS::Service'] },
  'AWS/Events': { RuleName: ['AWS::Events::Rule'] },
  'AWS/Firehose': { DeliveryStreamName: ['AWS::KinesisFirehose::DeliveryStream'] },
  'AWS/Kinesis': { StreamName: ['AWS::Kinesis::Stream'] },
  'AWS/Lambda': { FunctionName: ['AWS::Lambda::Function'], Resource: ['AWS::Lambda::Function'] },
  'AWS/NetworkELB': {
    LoadBalancer: ['AWS::ElasticLoadBalancingV2::LoadBalancer'], TargetGroup: ['AWS::ElasticLoadBalancingV2::TargetGroup'],
  },
  'AWS/SNS': { TopicName: ['AWS::SNS::Topic'] },
  'AWS/SQS': { QueueName: ['AWS::SQS::Queue'] },
  'AWS/States': { StateMachineArn: ['AWS::StepFunctions::StateMachine'] },
  'ECS/ContainerInsights': { ClusterName: ['AWS::ECS::Cluster'], ServiceName: ['AWS::ECS::Service'] },
};

/** The dimensions that an alarm of the namespace may name a resource with. */
export function namingDimensions(namespace: string): readonly string[] {
  return Object.keys(NAMED_TYPES[namespace] ?? {});
}

/**
 * The names that a dimension can have, where the assembly has any resource of their kind. An assembly without any watches those of somebody
 * else.
 */
export function nameable(topology: Topology, namespace: string, dimension: string): ReadonlySet<string> {
  return new Set(topology.ofType(...(NAMED_TYPES[namespace]?.[dimension] ?? [])).flatMap(namesOf));
}

/** Whether the value of a dimension is one of the names. What only the deployment knows is taken for right. */
export function isAmong(names: ReadonlySet<string>, value: string): boolean {
  // A function may be named with its alias: `function:alias`.
  return value.startsWith('parameter-') || names.has(value) || names.has(value.replace(/:[^:]*$/, ''));
}

/** The names under which CloudWatch knows a resource. */
export function namesOf(resource: TopologyResource): readonly string[] {
  const { properties } = resource;
  const full = /:(?:loadbalancer\/|(?=targetgroup\/))(.*)$/.exec(resource.arn)?.[1];
  const stated = [properties.Name, properties.ServiceName, properties.RuleName, properties.DeliveryStreamName, properties.StateMachineName];
  return [resource.physicalName, resource.reference, resource.arn, full, ...stated.map(textOf)].filter((it) => it !== undefined);
}
