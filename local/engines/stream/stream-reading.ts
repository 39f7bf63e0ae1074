import type { Shard } from './shard';
import type { StoredRecord } from './shard-log';

/** Where a consumer reads a shard from. */
export type StreamPosition =
  | { readonly type: 'TRIM_HORIZON' }
  | { readonly type: 'LATEST' }
  | { readonly type: 'AT_TIMESTAMP'; readonly timestamp: number }
  | { readonly type: 'AT_SEQUENCE_NUMBER'; readonly sequenceNumber: string }
  | { readonly type: 'AFTER_SEQUENCE_NUMBER'; readonly sequenceNumber: string };

/** Records of one shard, in order. */
export interface StreamRead {
  readonly records: readonly StoredRecord[];
  /** The counter from which to read on. */
  readonly next: number;
  /** Nothing came after these records when they were read. */
  readonly caughtUp: boolean;
  /** The shard is closed and these were its last records. */
  readonly endOfShard: boolean;
}

/** What a consumer needs of the stream that it reads. */
export interface ReadableStream {
  shard(shardId: string): Shard;
  /** The counter from which a position reads. */
  resolve(shardId: string, position: StreamPosition): number;
  read(shardId: string, counter: number, maximumRecords: number): StreamRead;
  /** The same within the limits that polling consumers share. */
  poll(shardId: string, counter: number, maximumRecords: number): StreamRead;
}
