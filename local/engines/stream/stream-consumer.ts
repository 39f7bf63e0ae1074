import { expiredIterator } from './shard-iterator';
import type { ReadableStream, ReadBounds, StreamPosition, StreamRead } from './stream-reading';

/** Where a polling consumer goes on reading a shard. */
export interface ReadIterator {
  readonly counter: number;
  /** Milliseconds since the epoch. */
  readonly issuedAt: number;
}

/**
 * A reader in this process with a place in every shard. What it has not passed is never dropped for want of memory; in return it has
 * to tell how far it is. The stream's retention holds for it too: what it has not read by then is lost to it, and counted.
 */
export class StreamConsumer {
  private readonly passed = new Map<string, number>();
  /** The counter in each shard from which on nothing has been read. */
  private readonly unreadFrom = new Map<string, number>();
  private readonly lost = new Map<string, number>();

  constructor(private readonly stream: ReadableStream, private readonly unregister: (consumer: StreamConsumer) => void) {}

  /**
   * The counter from which a position reads, for the calls below. What lies before a starting position will never be asked for, so
   * it counts as passed.
   *
   * @throws KinesisError ResourceNotFoundException for an unknown shard, InvalidArgumentException for a foreign sequence number
   */
  resolve(shardId: string, position: StreamPosition): number {
    const counter = this.stream.resolve(shardId, position);
    if (position.type === 'LATEST' || position.type === 'AT_TIMESTAMP') {
      this.passTo(shardId, counter);
      this.unreadFrom.set(shardId, counter);
    }
    return counter;
  }

  /** The same for a polling consumer: its iterator is good for 5 minutes. */
  iterator(shardId: string, position: StreamPosition): ReadIterator {
    return { counter: this.resolve(shardId, position), issuedAt: this.stream.now() };
  }

  /** Reads a shard without using up its shared read limits, as a consumer with enhanced fan-out does. */
  read(shardId: string, counter: number, maximumRecords: number, bounds?: ReadBounds): StreamRead {
    const read = this.stream.read(shardId, counter, maximumRecords, bounds);
    this.unreadFrom.set(shardId, read.next);
    return read;
  }

  /**
   * Reads as a polling consumer.
   *
   * @throws KinesisError ExpiredIteratorException for an iterator that is too old, ProvisionedThroughputExceededException when the
   *   limits that all polling consumers of a shard share are used up
   */
  poll(shardId: string, { counter, issuedAt }: ReadIterator, maximumRecords: number): StreamRead & { readonly iterator: ReadIterator } {
    const now = this.stream.now();
    if (now > this.stream.iteratorExpiresAt(issuedAt)) {
      throw expiredIterator(issuedAt, now);
    }
    const read = this.stream.poll(shardId, counter, maximumRecords);
    this.unreadFrom.set(shardId, read.next);
    return { ...read, iterator: { counter: read.next, issuedAt: now } };
  }

  /** Tells that everything up to this record is done with. */
  pass(shardId: string, sequenceNumber: string): void {
    this.passTo(shardId, this.stream.resolve(shardId, { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber }));
  }

  /** Tells that nothing that the shard holds now is wanted. */
  skip(shardId: string): void {
    const counter = this.stream.resolve(shardId, { type: 'LATEST' });
    this.unreadFrom.set(shardId, counter);
    this.passTo(shardId, counter);
  }

  /** Whether a shard holds a record that was not passed. */
  hasUnread(shardId: string): boolean {
    return this.stream.shard(shardId).log.hasFrom(this.passedCounter(shardId));
  }

  /** The counter before which everything in the shard is done with. */
  passedCounter(shardId: string): number {
    return this.passed.get(shardId) ?? 0;
  }

  /** A record was dropped for its age. */
  trimmed(shardId: string, counter: number): void {
    if (counter >= (this.unreadFrom.get(shardId) ?? 0)) {
      this.lost.set(shardId, (this.lost.get(shardId) ?? 0) + 1);
    }
  }

  /** How many records of a shard were over the retention before this consumer read them, since this was asked last. */
  takeLost(shardId: string): number {
    this.stream.trimShard(shardId);
    const lost = this.lost.get(shardId) ?? 0;
    this.lost.delete(shardId);
    return lost;
  }

  /** Gives the place up: nothing is kept for this reader any more. */
  close(): void {
    this.unregister(this);
  }

  private passTo(shardId: string, counter: number): void {
    if (counter > this.passedCounter(shardId)) {
      this.passed.set(shardId, counter);
      this.stream.passed(shardId);
    }
  }
}
