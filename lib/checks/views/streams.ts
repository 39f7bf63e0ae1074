import type { Facts } from '../../facts';
import type { TopologyResource } from '../../topology';
import type { CheckContext } from '../check-context';
import { type EventSourceMapping, mappingsOf } from './event-source-mappings';
import { numberOf, objectOf, textOf } from './values';

/** Kinesis data streams, and who reads them. */

const HOUR = 3600;

/** All Kinesis data streams of the assembly. */
export function kinesisStreams({ topology }: CheckContext): readonly TopologyResource[] {
  return topology.ofType('AWS::Kinesis::Stream');
}

export function isOnDemand(stream: TopologyResource): boolean {
  return objectOf(stream.properties.StreamModeDetails).StreamMode === 'ON_DEMAND';
}

/** Shards of a stream of provisioned capacity; NaN where only the deployment knows, undefined for one on demand. */
export function provisionedShards(stream: TopologyResource): number | undefined {
  return isOnDemand(stream) ? undefined : (numberOf(stream.properties.ShardCount) ?? 1);
}

/** Seconds for which the stream keeps a record. */
export function retentionOf(stream: TopologyResource, facts: Facts): number {
  return (numberOf(stream.properties.RetentionPeriodHours) ?? facts.number('kinesis/retention.defaultHours')) * HOUR;
}

/** Seconds for which the source of a stream mapping keeps a record; undefined for a stream outside the assembly. */
export function sourceRetention(context: CheckContext, { source, resource }: EventSourceMapping): number | undefined {
  const facts = context.factsFor(resource);
  if (source.kind === 'table') {
    return facts.number('dynamodb/streams.retentionHours') * HOUR;
  }
  return source.resource === undefined ? undefined : retentionOf(source.resource, facts);
}

/** Shards that a mapping reads, as far as they are known. */
export interface ReadShards {
  readonly shards: number;
  /** What they belong to: the mapping, or the decision on all tables of a construct together. */
  readonly from: object;
}

/** Shards of the source of a stream mapping; undefined where they are not known. A table's stream has those that its construct was sized for. */
export function readShards(context: CheckContext, { resource, source }: EventSourceMapping): ReadShards | undefined {
  if (source.resource === undefined) {
    return undefined;
  }
  if (source.kind === 'table') {
    const decision = context.decisionsOf(source.resource).find((it) => it.name === 'streamShards');
    return typeof decision?.value === 'number' ? { shards: decision.value, from: decision } : undefined;
  }
  const shards = provisionedShards(source.resource);
  return shards === undefined ? undefined : { shards, from: resource };
}

/** What reads a stream at the throughput that all such readers share: mappings, delivery streams and pipes without a consumer of their own. */
export function sharedReaders(context: CheckContext, stream: TopologyResource): readonly TopologyResource[] {
  const { topology } = context;
  const isOf = (arn: unknown) => arn === stream.arn;
  return [
    ...mappingsOf(context, 'kinesis').filter(({ source }) => source.resource === stream && source.consumer === undefined).map(({ resource }) => resource),
    ...topology.ofType('AWS::KinesisFirehose::DeliveryStream')
      .filter((it) => isOf(textOf(objectOf(it.properties.KinesisStreamSourceConfiguration).KinesisStreamARN))),
    ...topology.ofType('AWS::Pipes::Pipe').filter((it) => isOf(textOf(it.properties.Source))),
  ];
}
