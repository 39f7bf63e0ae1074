import type { Facts } from '../../facts';
import type { Topology, TopologyResource } from '../../topology';
import type { CheckContext } from '../check-context';
import { functionNamed } from './functions';
import { flagOf, listOf, numberOf, objectOf, textOf } from './values';

/** What a mapping reads. */
export type SourceKind = 'kinesis' | 'table' | 'queue' | 'kafka' | 'other';

/** Where a mapping sends what it gives up. */
export interface FailureDestination {
  readonly arn: string;
  /** Only `s3` and `kafka` hold the records; the others hold where they were. */
  readonly kind: 's3' | 'sqs' | 'sns' | 'kafka' | 'other';
}

/** An event source mapping of Lambda, with the defaults of AWS filled in. */
export interface EventSourceMapping {
  readonly resource: TopologyResource;
  readonly source: {
    readonly kind: SourceKind;
    /** The stream, table, queue or cluster; undefined for one outside the assembly. */
    readonly resource?: TopologyResource;
    /** The consumer with a throughput of its own, or its ARN where it is outside the assembly. */
    readonly consumer?: TopologyResource | string;
    readonly arn?: string;
  };
  /** The function, behind its alias or version; undefined for one outside the assembly. */
  readonly function?: TopologyResource;
  readonly enabled: boolean;
  readonly batchSize: number;
  /** Seconds that a batch waits to become full. */
  readonly batchingWindow: number;
  /** Concurrent batches of a shard; 1 for sources without shards. */
  readonly parallelizationFactor: number;
  /** Retries after the first attempt; Infinity where nothing bounds them. */
  readonly maximumRetryAttempts: number;
  /** Seconds after which a record is given up; Infinity where nothing bounds it. */
  readonly maximumRecordAge: number;
  readonly bisects: boolean;
  readonly reportsFailures: boolean;
  readonly failureDestination?: FailureDestination;
  /** Seconds of the tumbling window; 0 for none. */
  readonly tumblingWindow: number;
  readonly startingPosition?: string;
  /** Whether it has pollers of its own. */
  readonly hasProvisionedPollers: boolean;
  /** Most concurrent invocations that the mapping makes, where it is bounded; queues only. */
  readonly maximumConcurrency?: number;
}

/** All event source mappings of the assembly. */
export function eventSourceMappings(context: CheckContext): readonly EventSourceMapping[] {
  return context.once(readMappings);
}

/** Those of a kind of source that are switched on. */
export function mappingsOf(context: CheckContext, ...kinds: readonly SourceKind[]): readonly EventSourceMapping[] {
  return eventSourceMappings(context).filter((it) => it.enabled && kinds.includes(it.source.kind));
}

/** Those of streams that are switched on: Kinesis streams and the streams of tables. */
export function streamMappings(context: CheckContext): readonly EventSourceMapping[] {
  return mappingsOf(context, 'kinesis', 'table');
}

function readMappings(context: CheckContext): readonly EventSourceMapping[] {
  return context.topology.ofType('AWS::Lambda::EventSourceMapping').map((resource) => readMapping(resource, context.topology, context.factsFor(resource)));
}

function readMapping(resource: TopologyResource, topology: Topology, facts: Facts): EventSourceMapping {
  const { properties } = resource;
  const source = readSource(topology, resource);
  const queue = source.kind === 'queue';
  const defaultBatchSize = facts.number(queue ? 'lambda-esm/sqs.batchSize.default' : 'lambda-esm/stream.batchSize.default');
  const defaultWindow = source.kind === 'kafka' ? facts.number('lambda-esm/kafka.batchWindow.defaultSec') : 0;
  return {
    resource,
    source,
    function: functionNamed(topology, textOf(properties.FunctionName)),
    enabled: flagOf(properties.Enabled) ?? true,
    batchSize: numberOf(properties.BatchSize) ?? defaultBatchSize,
    batchingWindow: numberOf(properties.MaximumBatchingWindowInSeconds) ?? defaultWindow,
    parallelizationFactor: numberOf(properties.ParallelizationFactor) ?? 1,
    maximumRetryAttempts: bound(properties.MaximumRetryAttempts),
    maximumRecordAge: bound(properties.MaximumRecordAgeInSeconds),
    bisects: flagOf(properties.BisectBatchOnFunctionError) ?? false,
    reportsFailures: listOf(properties.FunctionResponseTypes).includes('ReportBatchItemFailures'),
    failureDestination: readDestination(textOf(objectOf(objectOf(properties.DestinationConfig).OnFailure).Destination)),
    tumblingWindow: numberOf(properties.TumblingWindowInSeconds) ?? 0,
    startingPosition: textOf(properties.StartingPosition),
    hasProvisionedPollers: Object.keys(objectOf(properties.ProvisionedPollerConfig)).length > 0,
    maximumConcurrency: numberOf(objectOf(properties.ScalingConfig).MaximumConcurrency),
  };
}

/** -1 stands for no bound, and is the default. */
function bound(value: TopologyResource['properties'][string] | undefined): number {
  const number = numberOf(value) ?? -1;
  return number === -1 ? Infinity : number;
}

function readSource(topology: Topology, mapping: TopologyResource): EventSourceMapping['source'] {
  const arn = textOf(mapping.properties.EventSourceArn);
  if (arn === undefined) {
    return { kind: mapping.properties.SelfManagedEventSource === undefined ? 'other' : 'kafka' };
  }
  const named = topology.find(arn);
  if (named?.type === 'AWS::Kinesis::StreamConsumer' || /:kinesis:.*\/consumer\//.test(arn)) {
    const stream = topology.find(textOf(named?.properties.StreamARN) ?? arn.replace(/\/consumer\/.*$/, ''));
    return { kind: 'kinesis', resource: stream, consumer: named ?? arn, arn };
  }
  return { kind: kindOf(arn, named), resource: named ?? topology.find(arn.replace(/\/stream\/.*$/, '')), arn };
}

function kindOf(arn: string, named: TopologyResource | undefined): SourceKind {
  const service = arn.split(':')[2] ?? '';
  const kinds: { readonly [service: string]: SourceKind } = { kinesis: 'kinesis', dynamodb: 'table', sqs: 'queue', kafka: 'kafka' };
  const byType: { readonly [type: string]: SourceKind } = {
    'AWS::MSK::Cluster': 'kafka', 'AWS::MSK::ServerlessCluster': 'kafka', 'AWS::Kinesis::Stream': 'kinesis', 'AWS::SQS::Queue': 'queue',
  };
  return byType[named?.type ?? ''] ?? kinds[service] ?? 'other';
}

function readDestination(arn: string | undefined): FailureDestination | undefined {
  if (arn === undefined) {
    return undefined;
  }
  const service = arn.startsWith('kafka://') ? 'kafka' : arn.split(':')[2];
  return { arn, kind: service === 's3' || service === 'sqs' || service === 'sns' || service === 'kafka' ? service : 'other' };
}
