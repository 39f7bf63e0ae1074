import { Facts } from '../../../lib/facts';

/** Limits that the engine holds its streams to, named after what AWS documents. */
export interface KinesisLimits {
  /** Bytes of data and partition keys that a shard takes in a second. */
  readonly shardWriteBytesPerSecond: number;
  readonly shardWriteRecordsPerSecond: number;
  /** Bytes that all polling consumers of a shard may read in a second. */
  readonly shardReadBytesPerSecond: number;
  /** GetRecords calls that all polling consumers of a shard may make in a second. */
  readonly shardReadsPerSecond: number;
  readonly getRecordsRecords: number;
  readonly getRecordsBytes: number;
  readonly putRecordsRecords: number;
  readonly putRecordsBytes: number;
  /** Largest record: data before base64 plus partition key. */
  readonly recordBytes: number;
  /** Characters of a partition key. */
  readonly partitionKeyCharacters: number;
  readonly iteratorLifetimeMilliseconds: number;
  readonly minimumRetentionHours: number;
  readonly maximumRetentionHours: number;
  /** Bytes that a consumer with enhanced fan-out is pushed in a second from a shard. */
  readonly pushBytesPerSecond: number;
  /** Shards of a new on-demand stream. */
  readonly onDemandShards: number;
  /** Traffic of a shard, in bytes a second, above which an on-demand stream splits it. */
  readonly onDemandSplitBytesPerSecond: number;
  /** How long after that it does. */
  readonly onDemandScalingMilliseconds: number;
  /** Most shards of a stream. */
  readonly maximumShards: number;
  /** UpdateShardCount may at most multiply, or divide, by this. */
  readonly updateShardCountFactor: number;
  /** Calls of UpdateShardCount for a stream in 24 hours. */
  readonly updateShardCountsPerDay: number;
  /** Changes of a stream's mode in 24 hours. */
  readonly modeUpdatesPerDay: number;
}

/** The limits of AWS, from the dated facts. */
export function kinesisLimits(facts: Facts = Facts.DEFAULT): KinesisLimits {
  return {
    shardWriteBytesPerSecond: facts.number('kinesis/shard.writeBytesPerSec'),
    shardWriteRecordsPerSecond: facts.number('kinesis/shard.writeRecordsPerSec'),
    shardReadBytesPerSecond: facts.number('kinesis/shard.readBytesPerSec.shared'),
    shardReadsPerSecond: facts.number('kinesis/shard.getRecordsPerSec'),
    getRecordsRecords: facts.number('kinesis/getRecords.maxRecords'),
    getRecordsBytes: facts.number('kinesis/getRecords.maxBytes'),
    putRecordsRecords: facts.number('kinesis/putRecords.maxRecords'),
    putRecordsBytes: facts.number('kinesis/putRecords.maxBytes'),
    recordBytes: facts.number('kinesis/record.defaultMaxBytes'),
    partitionKeyCharacters: facts.number('kinesis/partitionKey.maxCharacters'),
    iteratorLifetimeMilliseconds: 1000 * facts.number('kinesis/iterator.lifetimeSec'),
    minimumRetentionHours: facts.number('kinesis/retention.minHours'),
    maximumRetentionHours: facts.number('kinesis/retention.maxHours'),
    pushBytesPerSecond: facts.number('kinesis/efo.readBytesPerSec'),
    onDemandShards: facts.number('kinesis/onDemand.initialWriteBytesPerSec') / facts.number('kinesis/shard.writeBytesPerSec'),
    onDemandSplitBytesPerSecond: facts.number('kinesis/onDemand.splitBytesPerSec'),
    onDemandScalingMilliseconds: 1000 * facts.number('kinesis/onDemand.scalingSec'),
    maximumShards: facts.number('kinesis/updateShardCount.maxShards'),
    updateShardCountFactor: facts.number('kinesis/updateShardCount.maxFactor'),
    updateShardCountsPerDay: facts.number('kinesis/updateShardCount.maxPer24h'),
    modeUpdatesPerDay: facts.number('kinesis/updateStreamMode.maxPer24h'),
  };
}
