import type { MappingState, StreamState } from '../dashboard';
import type { KinesisLimits, KinesisStream } from '../engines/stream';
import { QueueEventSource, type StreamEventSource } from '../event-sources';
import type { MappingPlan } from '../plan/run-plan';

/** A Kinesis stream as the live page shows it. A shard that is closed and empty tells nothing any more. */
export function liveStream(stream: KinesisStream, limits: KinesisLimits): StreamState {
  return {
    name: stream.name,
    kind: 'kinesis',
    shardLimits: { records: limits.shardWriteRecordsPerSecond, bytes: limits.shardWriteBytesPerSecond },
    shards: stream.statistics()
      .filter(({ open, storedRecords }) => open || storedRecords > 0)
      .map(({ shardId, open, records, bytes, throttledRecords }) => ({ id: shardId, open, records, bytes, throttled: throttledRecords })),
  };
}

/** A mapping as the live page shows it. */
export function liveMapping(plan: MappingPlan, mapping: StreamEventSource | QueueEventSource): MappingState {
  const common = { id: plan.id, functionName: plan.functionName, source: plan.source, sourceName: nameOf(plan.sourceArn) };
  if (mapping instanceof QueueEventSource) {
    const { counters, invocationsInFlight } = mapping.status;
    return {
      ...common,
      iteratorAge: undefined,
      oldestRecordAge: undefined,
      invocations: counters.invocations,
      inFlight: invocationsInFlight,
      delivered: counters.messagesDelivered,
      redelivered: counters.redeliveredMessages,
      errors: counters.functionErrors,
      throttles: counters.throttles,
      discarded: 0,
    };
  }
  const { counters, shards } = mapping.status;
  const iteratorAges = shards.flatMap(({ iteratorAgeMilliseconds }) => iteratorAgeMilliseconds ?? []);
  return {
    ...common,
    iteratorAge: iteratorAges.length === 0 ? undefined : Math.max(...iteratorAges),
    oldestRecordAge: Math.max(0, ...shards.map(({ oldestRecordAgeMilliseconds }) => oldestRecordAgeMilliseconds)),
    invocations: counters.invocations,
    inFlight: shards.reduce((sum, { invocationsInFlight }) => sum + invocationsInFlight, 0),
    delivered: counters.recordsDelivered,
    redelivered: counters.redeliveredRecords,
    errors: counters.functionErrors,
    throttles: counters.throttles,
    discarded: counters.discardedRecords,
  };
}

/** `arn:aws:dynamodb:…:table/NAME/stream/…`, `arn:aws:kinesis:…:stream/NAME`, `arn:aws:sqs:…:NAME`: the name in it. */
function nameOf(arn: string): string {
  const resource = arn.split(':').slice(5).join(':');
  return resource.split('/')[1] ?? resource;
}
