import type { InvokeCommand, ReadCommand, ReadFailure, ShardDescription, ShardStatus, SourceRecord } from '../../lib/event-source';

/** The answer to a read. */
export interface StreamAnswer {
  readonly records: readonly SourceRecord[];
  /** Nothing came after these records when they were read. */
  readonly caughtUp: boolean;
  /** The shard is closed and these were its last records. */
  readonly endOfShard: boolean;
}

/** A read that failed for a reason that a mapping knows how to handle. */
export class StreamReadError extends Error {
  constructor(readonly reason: ReadFailure, message: string) {
    super(message);
    this.name = 'StreamReadError';
  }
}

/** What goes into an event. */
export type EventBatch = Pick<InvokeCommand, 'records' | 'shardId' | 'window'>;

/** A stream as a mapping's driver sees it. */
export interface StreamSource {
  listShards(): Promise<readonly ShardDescription[]>;
  /**
   * Reads a shard once. A source that pushes answers as soon as there is something to tell.
   *
   * @throws StreamReadError
   */
  read(command: ReadCommand, signal: AbortSignal): Promise<StreamAnswer>;
  /** Takes note that everything in the shard up to this record is done with. */
  passed(shardId: string, sequenceNumber: string): void;
  /** The event that the function gets, or would have got. */
  event(batch: EventBatch): unknown;
  /** What filters look at in a record's content. */
  filterView(content: unknown): unknown;
  /** Whether nothing is left to read, as far as the source knows. `shards` are those that are not finished. */
  caughtUp(shards: readonly ShardStatus[]): boolean;
  /** A point in time to ask `everythingReadSince` about. */
  mark(): number;
  /** Whether everything that was in the stream at the mark has been read. `shardIds` are the shards that are not finished. */
  everythingReadSince(mark: number, shardIds: readonly string[]): boolean;
  close(): void;
}
