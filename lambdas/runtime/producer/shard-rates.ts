import { hash } from 'node:crypto';
import { SHARD_BYTES_PER_SECOND, SHARD_RECORDS_PER_SECOND } from '../limits';
import { DynamicThrottle } from '../resilience/dynamic-throttle';
import type { Clock } from '../retry/clock';
import { type OutgoingRecord, recordBytes } from './put-records';

/** A record takes at least this of its shard: a shard that is full by records is full. */
const LEAST_COST = Math.ceil(SHARD_BYTES_PER_SECOND / SHARD_RECORDS_PER_SECOND);

/** A rate comes back from nothing to the whole in so many seconds, if nothing is throttled. */
const RECOVERY_SECONDS = 20;
/** A shard that takes nothing is asked again with a hundredth of what it may take. */
const LEAST_SHARE = 0.01;

const HASH_KEY_DIGITS = 32;

/** What decides where a record lies. */
type Placed = Pick<OutgoingRecord, 'partitionKey' | 'explicitHashKey'>;

/** A stretch of the hash key space that is known to belong to a shard. Keys are 32 hexadecimal digits, so that texts compare as numbers. */
interface Stretch {
  readonly shardId: string;
  low: string;
  high: string;
}

/**
 * Keeps to what each shard takes, shard by shard: one that throttles is sent less, the others as much as before.
 *
 * Which shard a record belongs to is learned from answers: a shard owns one stretch of the hash key space, so that every key between two keys of a
 * shard is its as well. Nothing is asked of the service, and a reshard is noticed by an answer that names another shard. Nothing is learned and
 * nothing computed until the first throttle, as a stream that is wide enough has none.
 */
export class ShardRates {
  private readonly throttles = new Map<string, DynamicThrottle>();
  private stretches: readonly Stretch[] = [];

  public constructor(private readonly clock: Pick<Clock, 'now'>) {}

  /** Whether any shard has throttled so far. */
  public get isActive(): boolean {
    return this.throttles.size > 0;
  }

  /** Reports where a record was stored. */
  public stored(record: Placed, shardId: string): void {
    if (this.isActive) {
      this.learn(hashKeyOf(record), shardId);
    }
  }

  /** Reports that a record was refused because too much was asked of its shard. @param shardId if the answer names it */
  public throttled(record: Placed, shardId: string | undefined): void {
    const hashKey = hashKeyOf(record);
    if (shardId !== undefined) {
      this.learn(hashKey, shardId);
    }
    const known = shardId ?? this.shardOf(hashKey);
    if (known !== undefined) {
      this.throttleOf(known).throttled();
    }
  }

  /** The shard of a record, if it has to keep to a rate. */
  public slowedShard(record: Placed): string | undefined {
    const shardId = this.isActive ? this.shardOf(hashKeyOf(record)) : undefined;
    return shardId !== undefined && this.throttles.has(shardId) ? shardId : undefined;
  }

  /** Whether a record may go to a shard now; if so, it is counted. */
  public admit(record: OutgoingRecord, shardId: string): boolean {
    return this.throttles.get(shardId)?.tryTake(Math.max(LEAST_COST, recordBytes(record))) ?? true;
  }

  /** Milliseconds until a shard takes something, 0 if it does now. */
  public wait(shardId: string): number {
    return this.throttles.get(shardId)?.wait() ?? 0;
  }

  /** Whether a record would have to wait for its shard now. */
  public mustWait(record: Placed): boolean {
    const shardId = this.slowedShard(record);
    return shardId !== undefined && this.wait(shardId) > 0;
  }

  private throttleOf(shardId: string): DynamicThrottle {
    let throttle = this.throttles.get(shardId);
    if (throttle === undefined) {
      throttle = new DynamicThrottle({
        minimumPerSecond: SHARD_BYTES_PER_SECOND * LEAST_SHARE,
        maximumPerSecond: SHARD_BYTES_PER_SECOND,
        growthPerSecond: SHARD_BYTES_PER_SECOND / RECOVERY_SECONDS,
        clock: this.clock,
      });
      this.throttles.set(shardId, throttle);
    }
    return throttle;
  }

  private shardOf(hashKey: string): string | undefined {
    const stretch = this.stretchAt(hashKey);
    return stretch !== undefined && hashKey <= stretch.high ? stretch.shardId : undefined;
  }

  /** The last stretch that begins at a key or before it. */
  private stretchAt(hashKey: string): Stretch | undefined {
    let [from, to] = [0, this.stretches.length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (this.stretches[middle].low <= hashKey) {
        from = middle + 1;
      } else {
        to = middle;
      }
    }
    return this.stretches[from - 1];
  }

  private learn(hashKey: string, shardId: string): void {
    if (this.shardOf(hashKey) === shardId) {
      return;
    }
    const known = this.stretches.find((stretch) => stretch.shardId === shardId);
    const low = known !== undefined && known.low < hashKey ? known.low : hashKey;
    const high = known !== undefined && known.high > hashKey ? known.high : hashKey;
    // Whose stretch this one reaches into is a shard that was split or merged since: it is there no more.
    const gone = this.stretches.filter((other) => other !== known && other.low <= high && other.high >= low);
    gone.forEach((other) => this.throttles.delete(other.shardId));
    this.stretches = [...this.stretches.filter((other) => other !== known && !gone.includes(other)), { shardId, low, high }]
      .sort((a, b) => (a.low < b.low ? -1 : 1));
  }
}

/** Where a record lies in the hash key space, as 32 hexadecimal digits. */
function hashKeyOf({ partitionKey, explicitHashKey }: Placed): string {
  return explicitHashKey === undefined ? hash('md5', partitionKey) : BigInt(explicitHashKey).toString(16).padStart(HASH_KEY_DIGITS, '0');
}
