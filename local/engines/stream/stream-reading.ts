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

/** Bounds of a read beside the number of its records. */
export interface ReadBounds {
  /** Counter that ends the read. @default Infinity */
  readonly before?: number;
  /** Most bytes of records and keys, but always one record. @default - the limit of GetRecords */
  readonly bytes?: number;
}

/** What a consumer needs of the stream that it reads. */
export interface ReadableStream {
  shard(shardId: string): Shard;
  /** Drops what is over the retention in a shard. */
  trimShard(shardId: string): void;
  /** The counter from which a position reads. */
  resolve(shardId: string, position: StreamPosition): number;
  read(shardId: string, counter: number, maximumRecords: number, bounds?: ReadBounds): StreamRead;
  /** The same within the limits that polling consumers share. */
  poll(shardId: string, counter: number, maximumRecords: number): StreamRead;
  /** A consumer has passed more of a shard. */
  passed(shardId: string): void;
  /** When an iterator that was made or used at this time ends to be good. */
  iteratorExpiresAt(time: number): number;
  /** The time in milliseconds since the epoch. */
  now(): number;
}
