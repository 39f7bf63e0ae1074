import type { PendingRecord } from './record';

/**
 * Follows the records of a shard in the order in which they were read, and knows how far everything is done without a gap.
 * With several lanes records are done out of order; only the contiguous prefix may ever be skipped after a restart.
 */
export class CheckpointTracker {
  private records: PendingRecord[] = [];
  private head = 0;
  private heldBytes = 0;

  /** Records behind the checkpoint that are not part of the prefix yet, done or not. */
  get length(): number {
    return this.records.length - this.head;
  }

  /** The bytes of those records in an event. */
  get bytes(): number {
    return this.heldBytes;
  }

  /** The oldest record that is not done. */
  get oldest(): PendingRecord | undefined {
    return this.records[this.head];
  }

  add(pending: PendingRecord): void {
    this.records.push(pending);
    this.heldBytes += pending.record.payloadBytes;
  }

  /** How often each record that is not part of the prefix has been handed to the function; records that never were are left out. */
  deliveries(): Map<string, number> {
    const delivered = this.records.slice(this.head).filter((pending) => pending.deliveries > 0);
    return new Map(delivered.map((pending) => [pending.record.sequenceNumber, pending.deliveries]));
  }

  /**
   * Moves over every record at the front that is done.
   *
   * @returns the sequence number of the last of them, undefined when the front is not done
   */
  advance(): string | undefined {
    let last: string | undefined;
    while (this.head < this.records.length && this.records[this.head].done) {
      const { record } = this.records[this.head];
      last = record.sequenceNumber;
      this.heldBytes -= record.payloadBytes;
      this.head += 1;
    }
    // Cutting the array once half of it is spent keeps the cost of a record constant and the memory bounded.
    if (this.head > 1024 && this.head * 2 > this.records.length) {
      this.records = this.records.slice(this.head);
      this.head = 0;
    } else if (this.head === this.records.length) {
      this.records = [];
      this.head = 0;
    }
    return last;
  }
}
