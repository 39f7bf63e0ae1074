/** One record of a stream, as far as a mapping has to know it. */
export interface SourceRecord {
  /** Unique inside its shard. Records of a shard arrive in the order of their sequence numbers. */
  readonly sequenceNumber: string;
  /** What decides the lane: the partition key (Kinesis) or the item's key (table stream). */
  readonly partitionKey: string;
  /** When the stream took the record, in milliseconds since the epoch. Age and tumbling windows are counted from here. */
  readonly arrivalTimestamp: number;
  /** Bytes that the record takes in the JSON event, metadata and base64 included. */
  readonly payloadBytes: number;
  /** Whatever the source needs to build the event. The mapping hands it back unread. */
  readonly content: unknown;
}

/** One shard, as the source lists it. */
export interface ShardDescription {
  readonly shardId: string;
  /** The shard that was split, or both shards that were merged, to make this one. Empty for a first-generation shard. */
  readonly parentShardIds: readonly string[];
  /** True when the shard takes no more records. */
  readonly closed: boolean;
}

/** A record on its way through a mapping. */
export class PendingRecord {
  /** How often the record has been part of an invocation. */
  deliveries = 0;
  /** True once nothing more has to happen with the record: processed, filtered out or discarded. */
  done = false;

  constructor(readonly record: SourceRecord) {}
}
