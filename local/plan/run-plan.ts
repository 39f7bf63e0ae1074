import { codeFolder, imageFolder, type ResolvedProperties, type Topology, type TopologyResource } from '../../lib/topology';
import type { KeyAttribute } from '../engines/table';
import type { FunctionDefinition } from '../functions/function-definition';
import { RunError } from '../run/run-error';
import { type CachePlan, planCaches } from './cache-plan';
import { type DatabasePlan, planDatabases } from './database-plan';
import { type EventPlan, planEvents } from './event-plan';
import { type GatewayPlan, planGateways } from './gateway-plan';
import { planTopics, type TopicPlan } from './log-plan';
import { planPods, type PodContainer, type PodPlan } from './pod-plan';
import { serviceContainers } from './service-containers';
import { functionNameOfArn, planStateMachines, type StateMachinePlan } from './workflow-plan';

/** A Kinesis stream of the template. */
export interface StreamPlan {
  readonly name: string;
  readonly arn: string;
  readonly mode: 'PROVISIONED' | 'ON_DEMAND';
  /** Shards at first; undefined for an on-demand stream, which begins with as many as AWS gives it. */
  readonly shards?: number;
  readonly retentionHours: number;
}

/** A DynamoDB table of the template. */
export interface TablePlan {
  readonly name: string;
  readonly partitionKey: KeyAttribute;
  readonly sortKey?: KeyAttribute;
  /** Undefined for a table without a stream. */
  readonly streamArn?: string;
  /** Provisioned, or what the table is warm for; undefined where the template states neither. */
  readonly writeUnitsPerSecond?: number;
  readonly readUnitsPerSecond?: number;
  readonly billing: 'on-demand' | 'provisioned';
  readonly timeToLiveAttribute?: string;
}

/** An SQS queue of the template. */
export interface QueuePlan {
  readonly name: string;
  readonly arn: string;
  /** What `Ref` gives: the URL on AWS. */
  readonly url: string;
  readonly attributes: { readonly [name: string]: string };
}

/** An S3 bucket of the template. */
export interface BucketPlan {
  readonly name: string;
  readonly arn: string;
}

/** An event source mapping of the template. */
export interface MappingPlan {
  readonly id: string;
  readonly functionName: string;
  readonly source: 'kinesis' | 'table-stream' | 'queue';
  /** ARN of the stream, consumer or queue, as in the mapping. */
  readonly eventSourceArn: string;
  /** ARN of the stream behind a consumer; otherwise the source itself. */
  readonly sourceArn: string;
  readonly enhancedFanOut: boolean;
  readonly properties: ResolvedProperties;
}

/** A container of a Fargate service, run from the files of its image. */
export interface ServicePlan {
  readonly name: string;
  /** Docker build context with the bundle. */
  readonly codeFolder: string;
  readonly environment: { readonly [name: string]: string };
}

/** Everything of a cloud assembly that runs here. */
export interface RunPlan {
  readonly region: string;
  readonly account: string;
  readonly streams: readonly StreamPlan[];
  readonly tables: readonly TablePlan[];
  readonly queues: readonly QueuePlan[];
  readonly buckets: readonly BucketPlan[];
  readonly caches: readonly CachePlan[];
  readonly functions: readonly FunctionDefinition[];
  readonly mappings: readonly MappingPlan[];
  readonly services: readonly ServicePlan[];
  readonly pods: readonly PodPlan[];
  /** Before the pods that take requests. */
  readonly gateways: readonly GatewayPlan[];
  /** Run once before services and pods, in this order. */
  readonly jobs: readonly PodContainer[];
  readonly topics: readonly TopicPlan[];
  readonly databases: readonly DatabasePlan[];
  readonly stateMachines: readonly StateMachinePlan[];
  readonly events: EventPlan;
}

/**
 * Reads from a topology what there is to run.
 *
 * @throws RunError naming the resource that cannot be run here.
 */
export function planRun(topology: Topology): RunPlan {
  const { region, account } = topology.stacks[0];
  const mappings = topology.ofType('AWS::Lambda::EventSourceMapping');
  const stateMachines = planStateMachines(topology);
  const invoked = new Set([...mappings.map((mapping) => functionNameOf(mapping)), ...stateMachines.flatMap((machine) => machine.functionNames)]);
  // The others, such as the CDK's own custom resources, have no part in the data path.
  const functions = topology
    .ofType('AWS::Lambda::Function')
    .filter((resource) => invoked.has(resource.physicalName))
    .map(planFunction);
  requireFunctions(stateMachines, functions);
  const { jobs, pods } = planPods(topology);
  return {
    region,
    account,
    streams: topology.ofType('AWS::Kinesis::Stream').map(planStream),
    tables: topology.ofType('AWS::DynamoDB::GlobalTable', 'AWS::DynamoDB::Table').map(planTable),
    queues: topology.ofType('AWS::SQS::Queue').map(planQueue),
    buckets: topology.ofType('AWS::S3::Bucket').map(({ physicalName, arn }) => ({ name: physicalName, arn })),
    caches: planCaches(topology),
    functions,
    mappings: mappings.map((resource) => planMapping(resource, topology, functions)),
    services: topology.ofType('AWS::ECS::Service').map((resource) => planService(resource, topology)),
    pods,
    gateways: planGateways(topology),
    jobs,
    topics: planTopics(topology),
    databases: planDatabases(topology),
    stateMachines,
    events: planEvents(topology),
  };
}

/** Variables of everything that takes requests, as in the template: services first, then pods. */
export function apiEnvironments(plan: Pick<RunPlan, 'services' | 'pods'>): { readonly [name: string]: string }[] {
  return [...plan.services, ...plan.pods.filter(({ role }) => role === 'service')].map(({ environment }) => environment);
}

function requireFunctions(stateMachines: readonly StateMachinePlan[], functions: readonly FunctionDefinition[]): void {
  for (const { arn, functionNames } of stateMachines) {
    const missing = functionNames.find((name) => !functions.some((definition) => definition.name === name));
    if (missing !== undefined) {
      throw new RunError(`${arn} invokes ${missing}, which is no function of this assembly.`);
    }
  }
}

function planStream(resource: TopologyResource): StreamPlan {
  const { RetentionPeriodHours, ShardCount, StreamModeDetails } = resource.properties;
  const mode = (StreamModeDetails as { StreamMode?: string } | undefined)?.StreamMode ?? 'PROVISIONED';
  if (mode !== 'PROVISIONED' && mode !== 'ON_DEMAND') {
    throw new RunError(`${resource.constructPath} has the stream mode ${mode}: PROVISIONED and ON_DEMAND run here.`);
  }
  if (mode === 'PROVISIONED' && typeof ShardCount !== 'number') {
    throw new RunError(`${resource.constructPath} has no ShardCount, which a provisioned stream needs.`);
  }
  return {
    name: resource.physicalName,
    arn: resource.arn,
    mode,
    shards: mode === 'PROVISIONED' ? Number(ShardCount) : undefined,
    retentionHours: Number(RetentionPeriodHours ?? 24),
  };
}

function planTable(resource: TopologyResource): TablePlan {
  const properties = resource.properties as {
    AttributeDefinitions: { AttributeName: string; AttributeType: KeyAttribute['type'] }[];
    BillingMode?: string;
    KeySchema: { AttributeName: string; KeyType: string }[];
    ProvisionedThroughput?: { WriteCapacityUnits: number; ReadCapacityUnits: number };
    StreamSpecification?: unknown;
    WarmThroughput?: { WriteUnitsPerSecond?: number; ReadUnitsPerSecond?: number };
    WriteProvisionedThroughputSettings?: { WriteCapacityAutoScalingSettings?: { MaxCapacity?: number } };
    TimeToLiveSpecification?: { AttributeName: string; Enabled: boolean };
  };
  const key = (role: string): KeyAttribute | undefined => {
    const name = properties.KeySchema.find((it) => it.KeyType === role)?.AttributeName;
    const type = properties.AttributeDefinitions.find((it) => it.AttributeName === name)?.AttributeType;
    return name === undefined || type === undefined ? undefined : { name, type };
  };
  const partitionKey = key('HASH');
  if (!partitionKey) {
    throw new RunError(`${resource.constructPath} has no partition key.`);
  }
  const provisioned = properties.ProvisionedThroughput;
  return {
    name: resource.physicalName,
    partitionKey,
    sortKey: key('RANGE'),
    streamArn: properties.StreamSpecification ? `${resource.arn}/stream/1970-01-01T00:00:00.000` : undefined,
    // Autoscaling is taken to have answered: it does in minutes, and a run is shorter.
    writeUnitsPerSecond: provisioned?.WriteCapacityUnits
      ?? properties.WriteProvisionedThroughputSettings?.WriteCapacityAutoScalingSettings?.MaxCapacity
      ?? properties.WarmThroughput?.WriteUnitsPerSecond,
    readUnitsPerSecond: provisioned?.ReadCapacityUnits ?? properties.WarmThroughput?.ReadUnitsPerSecond,
    billing: properties.BillingMode === 'PAY_PER_REQUEST' ? 'on-demand' : 'provisioned',
    timeToLiveAttribute: properties.TimeToLiveSpecification?.Enabled ? properties.TimeToLiveSpecification.AttributeName : undefined,
  };
}

/** Properties of a queue that its engine knows as attributes. */
const QUEUE_ATTRIBUTES = ['DelaySeconds', 'MaximumMessageSize', 'MessageRetentionPeriod', 'ReceiveMessageWaitTimeSeconds', 'VisibilityTimeout'];

function planQueue(resource: TopologyResource): QueuePlan {
  const { properties } = resource;
  const attributes: Record<string, string> = {};
  for (const name of QUEUE_ATTRIBUTES) {
    if (properties[name] !== undefined) {
      attributes[name] = String(properties[name]);
    }
  }
  if (properties.RedrivePolicy !== undefined) {
    attributes.RedrivePolicy = JSON.stringify(properties.RedrivePolicy);
  }
  return { name: resource.physicalName, arn: resource.arn, url: resource.reference, attributes };
}

/** A mapping names its function, with or without an alias, or the ARN of either. */
function functionNameOf(mapping: TopologyResource): string {
  return functionNameOfArn(String(mapping.properties.FunctionName));
}

function planFunction(resource: TopologyResource): FunctionDefinition {
  const folder = codeFolder(resource);
  if (folder === undefined) {
    throw new RunError(`${resource.constructPath} has no code asset: its code is not part of the assembly.`);
  }
  const { Environment, Handler, MemorySize, ReservedConcurrentExecutions, Timeout } = resource.properties;
  return {
    name: resource.physicalName,
    arn: resource.arn,
    codeFolder: folder,
    handler: String(Handler),
    timeoutMilliseconds: Number(Timeout ?? 3) * 1000,
    memoryMegabytes: Number(MemorySize ?? 128),
    environment: texts((Environment as { Variables?: ResolvedProperties } | undefined)?.Variables),
    reservedConcurrency: ReservedConcurrentExecutions === undefined ? undefined : Number(ReservedConcurrentExecutions),
  };
}

function planMapping(resource: TopologyResource, topology: Topology, functions: readonly FunctionDefinition[]): MappingPlan {
  const functionName = functionNameOf(resource);
  if (!functions.some(({ name }) => name === functionName)) {
    throw new RunError(`${resource.constructPath} invokes ${functionName}, which is no function of this assembly.`);
  }
  const eventSourceArn = String(resource.properties.EventSourceArn);
  const mapping = { id: resource.id, functionName, eventSourceArn, properties: resource.properties };
  if (/:sqs:/.test(eventSourceArn)) {
    return { ...mapping, source: 'queue', sourceArn: eventSourceArn, enhancedFanOut: false };
  }
  if (/:dynamodb:/.test(eventSourceArn)) {
    return { ...mapping, source: 'table-stream', sourceArn: eventSourceArn, enhancedFanOut: false };
  }
  const consumer = topology.find(eventSourceArn);
  if (/:kinesis:/.test(eventSourceArn)) {
    const isConsumer = consumer?.type === 'AWS::Kinesis::StreamConsumer';
    return { ...mapping, source: 'kinesis', sourceArn: isConsumer ? String(consumer.properties.StreamARN) : eventSourceArn, enhancedFanOut: isConsumer };
  }
  throw new RunError(`${resource.constructPath} reads ${eventSourceArn}, which is no source that runs here.`);
}

function planService(resource: TopologyResource, topology: Topology): ServicePlan {
  const { definition, own } = serviceContainers(resource, topology);
  if (own === undefined) {
    throw new RunError(`${resource.constructPath} has no container.`);
  }
  const image = imageFolder(own.Image, definition!.stack);
  if (image === undefined) {
    throw new RunError(`${resource.constructPath} runs the image ${own.Image}, which is not built from this assembly.`);
  }
  return {
    name: resource.constructPath,
    codeFolder: image,
    environment: Object.fromEntries((own.Environment ?? []).map(({ Name, Value }) => [Name, String(Value)])),
  };
}

function texts(values: ResolvedProperties | undefined): { [name: string]: string } {
  return Object.fromEntries(Object.entries(values ?? {}).map(([name, value]) => [name, String(value)]));
}
