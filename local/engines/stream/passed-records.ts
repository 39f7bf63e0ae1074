import type { Shard } from './shard';

/** Records of one shard that all registered readers passed at the same time. */
interface Passed {
  readonly shard: Shard;
  /** The counter before which they lie. */
  readonly before: number;
}

/** The records of a stream that every registered reader has passed, in the order in which they were. Nobody needs them but readers outside. */
export class PassedRecords {
  private queue: Passed[] = [];
  private head = 0;
  private heldBytes = 0;

  /** Memory of these records. */
  get bytes(): number {
    return this.heldBytes;
  }

  /** Takes note that everything before a counter has been passed. */
  add(shard: Shard, before: number): void {
    const bytes = shard.log.pass(before);
    if (bytes > 0) {
      this.heldBytes += bytes;
      if (this.head > 1024 && this.head * 2 > this.queue.length) {
        this.queue = this.queue.slice(this.head);
        this.head = 0;
      }
      this.queue.push({ shard, before });
    }
  }

  /** Drops a shard's oldest record, passed or not. */
  drop(shard: Shard): void {
    const { passedBytes } = shard.log;
    shard.log.dropOldest();
    this.heldBytes -= passedBytes - shard.log.passedBytes;
  }

  /** The shard in which the longest-passed record is the oldest, undefined without one. */
  next(): Shard | undefined {
    for (; this.head < this.queue.length; this.head += 1) {
      const { shard, before } = this.queue[this.head];
      if (shard.log.oldest !== undefined && shard.log.oldest.counter < before) {
        return shard;
      }
    }
    this.queue = [];
    this.head = 0;
    return undefined;
  }
}
