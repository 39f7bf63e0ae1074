import { positive, wholeFrom } from '../configuration/option-rules';
import { type Clock, systemClock } from '../retry/clock';

/** More is waiting to leave than the bucket holds. */
export class LeakyBucketOverflowError extends Error {
  public constructor(capacity: number) {
    super(`the bucket holds ${capacity} and is full`);
    this.name = 'LeakyBucketOverflowError';
  }
}

export interface LeakyBucketOptions {
  /** What leaves each second, evenly spaced. Above 0. */
  readonly perSecond: number;
  /** What may be in the bucket, the one that leaves now included. A whole number of at least 1. */
  readonly capacity: number;
  /** @default - the system clock */
  readonly clock?: Clock;
}

/** How far times may be off for having been added up, in intervals. */
const SLACK = 1e-6;

/**
 * Spaces calls evenly and refuses those for which there is no room: a burst is spread out instead of let through.
 *
 * It keeps one time, from which on the next may leave, and no queue (the generic cell rate algorithm, ITU-T I.371, as a virtual schedule). Ours,
 * as it is asked for every call.
 */
export class LeakyBucket {
  private readonly interval: number;
  private readonly capacity: number;
  private readonly clock: Clock;
  private freeAt = 0;

  /** @throws RangeError when an option is out of its range */
  public constructor({ perSecond, capacity, clock = systemClock }: LeakyBucketOptions) {
    this.interval = 1_000 / positive('perSecond', perSecond);
    this.capacity = wholeFrom('capacity', capacity, 1);
    this.clock = clock;
  }

  /** Takes a place in the bucket. @returns after how many milliseconds it is to leave; undefined when the bucket is full */
  public schedule(): number | undefined {
    const now = this.clock.now();
    // No bucket is fuller than full: then the clock was set back.
    const begin = this.freeAt > now + this.capacity * this.interval * (1 + SLACK) ? now : Math.max(now, this.freeAt);
    const wait = begin - now;
    if (wait > (this.capacity - 1 + SLACK) * this.interval) {
      return undefined;
    }
    this.freeAt = begin + this.interval;
    return wait;
  }

  /** Makes a call when its turn comes. @throws LeakyBucketOverflowError at once when there is no room */
  public async run<Result>(work: () => Promise<Result>): Promise<Result> {
    const wait = this.schedule();
    if (wait === undefined) {
      throw new LeakyBucketOverflowError(this.capacity);
    }
    if (wait > 0) {
      await this.clock.sleep(wait);
    }
    return work();
  }
}
