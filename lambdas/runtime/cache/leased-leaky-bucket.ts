import { positive, wholeFrom } from '../configuration/option-rules';
import { LeakyBucket } from '../resilience/leaky-bucket';
import { type Clock, systemClock } from '../retry/clock';
import type { Cache } from './cache';
import { ALONE_MILLISECONDS, blockOf } from './lease-sizes';
import { SingleFlight } from './single-flight';
import { leaseSlots } from './slot-lease';

export interface LeasedLeakyBucketOptions {
  readonly cache: Cache;
  /** Whose bucket: all who name the same one share it. */
  readonly key: string;
  /** What leaves each second at all processes together, evenly spaced. Above 0. */
  readonly perSecond: number;
  /** What may be in the bucket, of all processes together. A whole number of at least 1. */
  readonly capacity: number;
  /** Among how many processes it is shared out while the cache is down. A whole number of at least 1. @default 1 */
  readonly processes?: number;
  /** Is told of each call that was decided without the cache. @default - nobody is told */
  readonly onAlone?: () => void;
  /** @default - the system clock */
  readonly clock?: Clock;
}

/**
 * A leaky bucket that all processes share, for what others allow to be called evenly and no faster: the times at which calls may leave are in the
 * cache, and each process leases some of them ahead. One that a process does not use in time is lost: it is never made up for, so that there are
 * no bursts. While the cache does not answer, each process goes by its own share.
 */
export class LeasedLeakyBucket {
  private readonly options: LeasedLeakyBucketOptions;
  private readonly interval: number;
  private readonly capacity: number;
  private readonly clock: Clock;
  private readonly alone: LeakyBucket;
  private readonly flight = new SingleFlight<void>();
  /** Leased and not used: how many, and when the first of them leaves, in milliseconds since 1970. */
  private slots = 0;
  private slotAt = 0;
  private refusedUntil = 0;
  private aloneUntil = 0;

  /** @throws RangeError when an option is out of its range */
  public constructor(options: LeasedLeakyBucketOptions) {
    const { perSecond, capacity, processes = 1, clock = systemClock } = options;
    wholeFrom('processes', processes, 1);
    this.options = options;
    this.interval = 1_000 / positive('perSecond', perSecond);
    this.capacity = wholeFrom('capacity', capacity, 1);
    this.clock = clock;
    this.alone = new LeakyBucket({ perSecond: perSecond / processes, capacity: Math.max(1, Math.floor(capacity / processes)), clock });
  }

  /**
   * Takes a place in the bucket; without a promise when this process has leased one.
   *
   * @returns after how many milliseconds it is to leave; undefined when the bucket is full
   */
  public schedule(): number | undefined | Promise<number | undefined> {
    const now = this.clock.now();
    this.dropLate(now);
    if (this.slots > 0) {
      const wait = Math.max(0, this.slotAt - now);
      this.slots--;
      this.slotAt += this.interval;
      return wait;
    }
    if (now < this.refusedUntil) {
      return undefined;
    }
    if (now < this.aloneUntil) {
      this.options.onAlone?.();
      return this.alone.schedule();
    }
    // Those who wait for the same lease share it, and make another when it is used up.
    return this.flight.run('', () => this.lease()).then(() => this.schedule());
  }

  private dropLate(now: number): void {
    const late = Math.min(this.slots, Math.floor((now - this.slotAt) / this.interval));
    if (late > 0) {
      this.slots -= late;
      this.slotAt += late * this.interval;
    }
  }

  private async lease(): Promise<void> {
    const { cache, key, perSecond } = this.options;
    try {
      const wanted = Math.min(blockOf(perSecond), this.capacity);
      const { granted, waitMilliseconds } = await leaseSlots(cache, { key, perSecond, capacity: this.capacity, wanted });
      const now = this.clock.now();
      if (granted < wanted) {
        // Full now: it is asked again when there is room for a block. A bucket that is fuller than half does not run empty meanwhile.
        const block = Math.max(1, Math.min(wanted, Math.floor(this.capacity / 2)));
        this.refusedUntil = now + Math.max(1, (granted === 0 ? waitMilliseconds : 0) + (block - 1) * this.interval);
      }
      if (granted > 0) {
        this.slots = granted;
        this.slotAt = now + waitMilliseconds;
      }
    } catch {
      this.aloneUntil = this.clock.now() + ALONE_MILLISECONDS;
    }
  }
}
