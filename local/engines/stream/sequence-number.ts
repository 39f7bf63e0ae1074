/**
 * Sequence numbers look like those of AWS: 56 decimal digits without a leading zero. They hold a version (2 digits), the stream's
 * creation time in milliseconds (14), a counter of the stream (30) and the shard's number (10). The counter is shared by all
 * shards, so the numbers of a child shard are above those of its parents.
 */
const VERSION = '49';
const COUNTER_START = 16;
const COUNTER_END = 46;
const SHARD_DIGITS = 10;

/** Writes the sequence numbers of one shard. */
export class SequenceNumbers {
  private readonly prefix: string;
  private readonly suffix: string;

  /**
   * @param createdAt when the stream was made, in milliseconds since the epoch
   * @param shardNumber 0 to 9,999,999,999
   */
  constructor(createdAt: number, shardNumber: number) {
    this.prefix = VERSION + String(createdAt).padStart(COUNTER_START - VERSION.length, '0');
    this.suffix = String(shardNumber).padStart(SHARD_DIGITS, '0');
  }

  /** @param counter a whole number from 0 to 2^53 - 1 */
  format(counter: number): string {
    return this.prefix + String(counter).padStart(COUNTER_END - COUNTER_START, '0') + this.suffix;
  }

  /** The counter of a sequence number of this shard; undefined when the number is not one of this shard. */
  parse(sequenceNumber: string): number | undefined {
    const isOwn = /^\d{56}$/.test(sequenceNumber) && sequenceNumber.startsWith(this.prefix) && sequenceNumber.endsWith(this.suffix);
    return isOwn ? Number(sequenceNumber.slice(COUNTER_START, COUNTER_END)) : undefined;
  }
}
