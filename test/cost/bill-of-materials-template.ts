import { BILLED_GB } from '../../lib/sizing/monthly-cost';
import { USAGE_METADATA_KEY } from '../../lib/cost';

/** What the given bill of materials assumes, in the words of its `assumptions`. */
export interface Assumptions {
  readonly tps: number;
  readonly payloadBytes: number;
  readonly httpOverheadBytesIn: number;
  readonly httpResponseBytes: number;
  readonly newConnPerRequest: number;
  readonly itemBytes: number;
}

const BALANCERS = 4;
const RULES = 6;
const SHARDS = 143;
const BATCH = 100;
const SECONDS_PER_BATCH = 0.04;
const DAYS = 7;
const CUSTOM_METRICS = 2000;
const LOGGED_SHARE = 0.01;
const LOG_LINE_BYTES = 200;

interface Resource {
  readonly Type: string;
  readonly Properties?: object;
  readonly Metadata?: object;
}

/**
 * The stack of the given bill of materials as plain CloudFormation: load balancers with web ACLs, a provisioned stream with one consumer, a function
 * and a table. Nothing of this kit is in it.
 *
 * @param declared whether each resource states its usage as the bill assumes it; without, it has to be derived from a workload
 */
export function billOfMaterials(assumptions: Assumptions, declared: boolean): { readonly [logicalId: string]: Resource } {
  const { tps, payloadBytes, httpOverheadBytesIn, httpResponseBytes, newConnPerRequest, itemBytes } = assumptions;
  const usage = (of: { readonly [name: string]: number }): object => (declared ? { Metadata: { [USAGE_METADATA_KEY]: of } } : {});
  const each = tps / BALANCERS;
  const edge = Array.from({ length: BALANCERS }, (_, index) => ({
    [`Balancer${index}`]: {
      Type: 'AWS::ElasticLoadBalancingV2::LoadBalancer',
      Properties: { Type: 'application', Scheme: 'internet-facing' },
      ...usage({
        requestsPerSecond: each, bytesPerSecond: each * (payloadBytes + httpOverheadBytesIn + httpResponseBytes),
        newConnectionsPerSecond: each * newConnPerRequest, activeConnections: 1,
      }),
    },
    [`WebAcl${index}`]: {
      Type: 'AWS::WAFv2::WebACL',
      Properties: { Scope: 'REGIONAL', Rules: Array.from({ length: RULES }, (__, rule) => ({ Name: `rule${rule}`, Priority: rule })) },
      ...usage({ requestsPerSecond: each }),
    },
    [`Association${index}`]: {
      Type: 'AWS::WAFv2::WebACLAssociation',
      Properties: { ResourceArn: { Ref: `Balancer${index}` }, WebACLArn: { 'Fn::GetAtt': [`WebAcl${index}`, 'Arn'] } },
    },
    [`Listener${index}`]: {
      Type: 'AWS::ElasticLoadBalancingV2::Listener',
      Properties: { LoadBalancerArn: { Ref: `Balancer${index}` }, Port: 443, Protocol: 'HTTPS', DefaultActions: [{ Type: 'forward', TargetGroupArn: { Ref: `Targets${index}` } }] },
    },
    [`Targets${index}`]: { Type: 'AWS::ElasticLoadBalancingV2::TargetGroup', Properties: { TargetType: 'ip', Port: 8080, Protocol: 'HTTP' } },
  }));
  const alarms = Array.from({ length: 60 }, (_, index) => ({ [`Alarm${index}`]: { Type: 'AWS::CloudWatch::Alarm', Properties: { MetricName: 'IteratorAge', Period: 60 } } }));
  const dashboards = Array.from({ length: 3 }, (_, index) => ({
    [`Dashboard${index}`]: { Type: 'AWS::CloudWatch::Dashboard', Properties: { DashboardBody: '{}' }, ...(index === 0 ? usage({ customMetrics: CUSTOM_METRICS }) : {}) },
  }));
  return Object.assign({
    // Tasks behind the load balancers are not in the given bill; this one has no price here but carries the payments to the stream.
    Service: {
      Type: 'AWS::ECS::Service',
      Properties: {
        TaskDefinition: { Ref: 'Task' }, DesiredCount: 1,
        LoadBalancers: Array.from({ length: BALANCERS }, (_, index) => ({ TargetGroupArn: { Ref: `Targets${index}` }, ContainerName: 'api', ContainerPort: 8080 })),
      },
    },
    Task: {
      Type: 'AWS::ECS::TaskDefinition',
      Properties: { Cpu: '1024', Memory: '2048', ContainerDefinitions: [{ Name: 'api', Environment: [{ Name: 'STREAM', Value: { Ref: 'Stream' } }] }] },
    },
    Stream: {
      Type: 'AWS::Kinesis::Stream',
      Properties: { ShardCount: SHARDS, RetentionPeriodHours: 24, DesiredShardLevelMetrics: ['ALL'] },
      ...usage({ recordsPerSecond: tps, bytesPerRecord: payloadBytes }),
    },
    Consumer: { Type: 'AWS::Kinesis::StreamConsumer', Properties: { ConsumerName: 'worker', StreamARN: { 'Fn::GetAtt': ['Stream', 'Arn'] } } },
    Function: {
      Type: 'AWS::Lambda::Function',
      Properties: { Architectures: ['arm64'], MemorySize: 512, Environment: { Variables: { TABLE: { Ref: 'Table' } } }, LoggingConfig: { LogGroup: { Ref: 'Log' } } },
      ...usage({ invocationsPerSecond: tps / BATCH, secondsPerInvocation: SECONDS_PER_BATCH }),
    },
    Mapping: {
      Type: 'AWS::Lambda::EventSourceMapping',
      Properties: { EventSourceArn: { 'Fn::GetAtt': ['Consumer', 'ConsumerARN'] }, FunctionName: { Ref: 'Function' }, BatchSize: BATCH },
    },
    Table: {
      Type: 'AWS::DynamoDB::Table',
      Properties: {
        BillingMode: 'PAY_PER_REQUEST',
        TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      },
      ...usage({ writeUnitsPerSecond: tps, readUnitsPerSecond: 0, storedGigabytes: tps * DAYS * 86_400 * itemBytes / BILLED_GB }),
    },
    Log: { Type: 'AWS::Logs::LogGroup', Properties: { RetentionInDays: 30 }, ...usage({ bytesPerSecond: tps * LOGGED_SHARE * LOG_LINE_BYTES }) },
  }, ...edge, ...alarms, ...dashboards);
}
