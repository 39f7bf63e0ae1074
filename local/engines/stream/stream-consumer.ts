import type { ReadableStream, StreamPosition, StreamRead } from './stream-reading';

/**
 * A reader in this process with a place in every shard. What it has not passed yet is never trimmed; in return it has to tell how
 * far it is.
 */
export class StreamConsumer {
  private readonly passed = new Map<string, number>();

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
    }
    return counter;
  }

  /** Reads a shard without using up its shared read limits, as a consumer with enhanced fan-out does. */
  read(shardId: string, counter: number, maximumRecords: number): StreamRead {
    return this.stream.read(shardId, counter, maximumRecords);
  }

  /** The same as a polling consumer: within the shared limits, which may refuse it with ProvisionedThroughputExceededException. */
  poll(shardId: string, counter: number, maximumRecords: number): StreamRead {
    return this.stream.poll(shardId, counter, maximumRecords);
  }

  /** Reads as soon as there is a record, or the shard has ended; empty when the signal was aborted before. */
  async push(shardId: string, counter: number, maximumRecords: number, signal: AbortSignal): Promise<StreamRead> {
    for (;;) {
      const read = this.stream.read(shardId, counter, maximumRecords);
      if (read.records.length > 0 || read.endOfShard || signal.aborted) {
        return read;
      }
      await this.stream.shard(shardId).changed(signal);
    }
  }

  /** Tells that everything up to this record is done with. */
  pass(shardId: string, sequenceNumber: string): void {
    this.passTo(shardId, this.stream.resolve(shardId, { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber }));
  }

  /** Tells that nothing that the shard holds now is wanted. */
  skip(shardId: string): void {
    this.passTo(shardId, this.stream.resolve(shardId, { type: 'LATEST' }));
  }

  /** Whether a shard holds a record that was not passed. */
  hasUnread(shardId: string): boolean {
    return this.stream.shard(shardId).log.hasFrom(this.passedCounter(shardId));
  }

  /** The counter before which everything in the shard is done with. */
  passedCounter(shardId: string): number {
    return this.passed.get(shardId) ?? 0;
  }

  /** Gives the place up: nothing is kept for this reader any more. */
  close(): void {
    this.unregister(this);
  }

  private passTo(shardId: string, counter: number): void {
    this.passed.set(shardId, Math.max(counter, this.passedCounter(shardId)));
  }
}
