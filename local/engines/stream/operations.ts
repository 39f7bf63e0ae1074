import { KinesisError } from './errors';
import { formatHashKey } from './hash-key';
import type { KinesisEngine } from './kinesis-engine';
import type { KinesisStream } from './kinesis-stream';
import { putRecord, putRecords } from './put-operations';
import { KinesisRequest } from './request';
import type { Shard } from './shard';
import { decodeIterator, encodeIterator } from './shard-iterator';
import type { StreamPosition } from './stream-reading';
import type { StreamMode } from './stream-scaling';

type Operation = (engine: KinesisEngine, request: KinesisRequest) => object;

/** The operations of the API that the engine runs; any other is refused by name. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  CreateStream: createStream,
  DeleteStream: (engine, request) => {
    engine.deleteStream(streamOf(engine, request).name);
    return {};
  },
  ListStreams: (engine) => ({ StreamNames: engine.streamNames, HasMoreStreams: false }),
  DescribeStream: describeStream,
  DescribeStreamSummary: describeStreamSummary,
  ListShards: listShards,
  PutRecord: (engine, request) => putRecord(streamOf(engine, request), request, engine.limits),
  PutRecords: (engine, request) => putRecords(streamOf(engine, request), request, engine.limits),
  GetShardIterator: getShardIterator,
  GetRecords: getRecords,
  SplitShard: (engine, request) => {
    streamOf(engine, request).split(request.text('ShardToSplit'), request.text('NewStartingHashKey'));
    return {};
  },
  MergeShards: (engine, request) => {
    streamOf(engine, request).merge(request.text('ShardToMerge'), request.text('AdjacentShardToMerge'));
    return {};
  },
  UpdateShardCount: updateShardCount,
  UpdateStreamMode: (engine, request) => {
    engine.streamByArn(request.text('StreamARN')).scaling.updateMode(modeOf(request) ?? missingMode());
    return {};
  },
  IncreaseStreamRetentionPeriod: (engine, request) => changeRetention(engine, request, (hours, current) => hours >= current),
  DecreaseStreamRetentionPeriod: (engine, request) => changeRetention(engine, request, (hours, current) => hours <= current),
};

/**
 * Runs one operation of the Kinesis API.
 *
 * @param name the operation, without the target's prefix
 * @throws KinesisError for everything that the API answers with an error
 */
export function runOperation(engine: KinesisEngine, name: string, request: KinesisRequest): object {
  if (!Object.hasOwn(OPERATIONS, name)) {
    throw new KinesisError('UnknownOperationException', `The local Kinesis engine does not run ${name}.`);
  }
  return OPERATIONS[name](engine, request);
}

function createStream(engine: KinesisEngine, request: KinesisRequest): object {
  const mode = modeOf(request);
  if (mode === 'ON_DEMAND' && request.has('ShardCount')) {
    throw new KinesisError('ValidationException', '`ShardCount` must be absent for a stream in the capacity mode ON_DEMAND.');
  }
  engine.createStream({ name: request.text('StreamName'), mode, shardCount: request.optionalNumber('ShardCount') });
  return {};
}

function updateShardCount(engine: KinesisEngine, request: KinesisRequest): object {
  const stream = streamOf(engine, request);
  const scalingType = request.text('ScalingType');
  if (scalingType !== 'UNIFORM_SCALING') {
    throw new KinesisError('ValidationException', `\`ScalingType\` must be UNIFORM_SCALING, got: ${scalingType}`);
  }
  const target = request.optionalNumber('TargetShardCount') ?? NaN;
  const current = stream.scaling.updateShardCount(target);
  return { StreamName: stream.name, StreamARN: stream.arn, CurrentShardCount: current, TargetShardCount: target };
}

/** The mode of a request, undefined without one. */
function modeOf(request: KinesisRequest): StreamMode | undefined {
  const mode = request.optionalMembers('StreamModeDetails')?.text('StreamMode');
  if (mode !== undefined && mode !== 'PROVISIONED' && mode !== 'ON_DEMAND') {
    throw new KinesisError('ValidationException', `\`StreamMode\` must be one of PROVISIONED, ON_DEMAND, got: ${mode}`);
  }
  return mode;
}

function missingMode(): never {
  throw new KinesisError('ValidationException', '`StreamModeDetails` must be given.');
}

function describeStream(engine: KinesisEngine, request: KinesisRequest): object {
  const stream = streamOf(engine, request);
  const { page, more } = paged(stream.listShards(), request.optionalText('ExclusiveStartShardId'), request.numberBetween('Limit', 1, 10_000, 100));
  return {
    StreamDescription: {
      ...identity(stream),
      Shards: page.map(describeShard),
      HasMoreShards: more,
      EncryptionType: 'NONE',
      EnhancedMonitoring: [{ ShardLevelMetrics: [] }],
    },
  };
}

function describeStreamSummary(engine: KinesisEngine, request: KinesisRequest): object {
  const stream = streamOf(engine, request);
  return {
    StreamDescriptionSummary: {
      ...identity(stream),
      OpenShardCount: stream.openShardCount,
      ConsumerCount: stream.consumerCount,
      EncryptionType: 'NONE',
      EnhancedMonitoring: [{ ShardLevelMetrics: [] }],
    },
  };
}

function listShards(engine: KinesisEngine, request: KinesisRequest): object {
  // A token is the stream's name and the last shard of the page before; neither may hold a colon.
  const [streamName, lastShardId] = request.optionalText('NextToken')?.split(':') ?? [];
  const stream = streamName === undefined ? streamOf(engine, request) : engine.stream(streamName);
  const after = lastShardId ?? request.optionalText('ExclusiveStartShardId');
  const { page, more } = paged(stream.listShards(), after, request.numberBetween('MaxResults', 1, 10_000, 1000));
  return {
    Shards: page.map(describeShard),
    ...(more && { NextToken: `${stream.name}:${page[page.length - 1].id}` }),
  };
}

function getShardIterator(engine: KinesisEngine, request: KinesisRequest): object {
  const stream = streamOf(engine, request);
  const shardId = request.text('ShardId');
  const counter = stream.resolve(shardId, positionOf(request));
  return { ShardIterator: encodeIterator({ streamName: stream.name, shardId, counter, issuedAt: engine.now() }) };
}

function positionOf(request: KinesisRequest): StreamPosition {
  const type = request.text('ShardIteratorType');
  switch (type) {
    case 'TRIM_HORIZON':
    case 'LATEST':
      return { type };
    case 'AT_SEQUENCE_NUMBER':
    case 'AFTER_SEQUENCE_NUMBER':
      return { type, sequenceNumber: request.text('StartingSequenceNumber') };
    case 'AT_TIMESTAMP': {
      const seconds = request.optionalNumber('Timestamp');
      if (seconds === undefined) {
        throw new KinesisError('InvalidArgumentException', 'Must specify timestamp parameter for iterator of type AT_TIMESTAMP.');
      }
      return { type, timestamp: seconds * 1000 };
    }
    default:
      throw new KinesisError('ValidationException', `\`ShardIteratorType\` must be one of AT_SEQUENCE_NUMBER, AFTER_SEQUENCE_NUMBER, TRIM_HORIZON, LATEST, AT_TIMESTAMP, got: ${type}`);
  }
}

function getRecords(engine: KinesisEngine, request: KinesisRequest): object {
  const { limits } = engine;
  const now = engine.now();
  const iterator = decodeIterator(request.text('ShardIterator'), now, limits.iteratorLifetimeMilliseconds);
  const stream = engine.stream(iterator.streamName);
  const maximum = request.numberBetween('Limit', 1, limits.getRecordsRecords, limits.getRecordsRecords);
  const { records, next, caughtUp, endOfShard } = stream.poll(iterator.shardId, iterator.counter, maximum);
  return {
    Records: records.map((record) => ({
      SequenceNumber: record.sequenceNumber,
      ApproximateArrivalTimestamp: record.arrivalTimestamp / 1000,
      Data: record.data,
      PartitionKey: record.partitionKey,
      EncryptionType: 'NONE',
    })),
    NextShardIterator: endOfShard ? null : encodeIterator({ ...iterator, counter: next, issuedAt: now }),
    MillisBehindLatest: caughtUp ? 0 : Math.max(1, now - records[records.length - 1].arrivalTimestamp),
    ...(endOfShard && { ChildShards: stream.shard(iterator.shardId).children.map(describeChild) }),
  };
}

function changeRetention(engine: KinesisEngine, request: KinesisRequest, allowed: (hours: number, current: number) => boolean): object {
  const stream = streamOf(engine, request);
  const hours = engine.checkedRetention(request.optionalNumber('RetentionPeriodHours') ?? NaN);
  if (!allowed(hours, stream.retentionHours)) {
    throw new KinesisError('InvalidArgumentException', `The retention of stream ${stream.name} is ${stream.retentionHours} hours, got: ${hours}`);
  }
  stream.retentionHours = hours;
  return {};
}

function streamOf(engine: KinesisEngine, request: KinesisRequest): KinesisStream {
  const arn = request.optionalText('StreamARN');
  return arn === undefined ? engine.stream(request.text('StreamName')) : engine.streamByArn(arn);
}

function identity(stream: KinesisStream): object {
  return {
    StreamName: stream.name,
    StreamARN: stream.arn,
    StreamStatus: 'ACTIVE',
    StreamModeDetails: { StreamMode: stream.scaling.mode },
    RetentionPeriodHours: stream.retentionHours,
    StreamCreationTimestamp: stream.createdAt / 1000,
  };
}

function paged(shards: readonly Shard[], after: string | undefined, limit: number): { readonly page: readonly Shard[]; readonly more: boolean } {
  const rest = after === undefined ? shards : shards.filter((shard) => shard.id > after);
  return { page: rest.slice(0, limit), more: rest.length > limit };
}

function describeShard(shard: Shard): object {
  const [parent, adjacent] = shard.props.parentIds;
  return {
    ShardId: shard.id,
    ...(parent !== undefined && { ParentShardId: parent }),
    ...(adjacent !== undefined && { AdjacentParentShardId: adjacent }),
    HashKeyRange: hashKeyRange(shard),
    SequenceNumberRange: {
      StartingSequenceNumber: shard.startingSequenceNumber,
      ...(shard.endingSequenceNumber !== undefined && { EndingSequenceNumber: shard.endingSequenceNumber }),
    },
  };
}

function describeChild(shard: Shard): object {
  return { ShardId: shard.id, ParentShards: shard.props.parentIds, HashKeyRange: hashKeyRange(shard) };
}

function hashKeyRange({ props: { range } }: Shard): object {
  return { StartingHashKey: formatHashKey(range.start), EndingHashKey: formatHashKey(range.end) };
}
