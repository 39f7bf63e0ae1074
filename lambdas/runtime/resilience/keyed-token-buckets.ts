import { positive, wholeFrom } from '../configuration/option-rules';
import { BoundedMap } from '../http/bounded-map';
import { type Clock, systemClock } from '../retry/clock';
import { TokenBucket } from './token-bucket';

/** Holds each of many, such as the clients of an API, to a limit of its own. */
export interface KeyedLimiter {
  /**
   * Charges tokens to a key.
   *
   * They are let through while the key has anything left, and are then charged in full: a batch can never be too large for its bucket, and
   * what it took too much must first flow back.
   *
   * @param tokensPerSecond what flows back each second; a full bucket holds one second's worth
   * @returns 0 if they are let through, else the milliseconds after which to try again
   */
  take(key: string, tokens: number, tokensPerSecond: number): number | Promise<number>;
}

/** Keys whose limits are remembered at least, unless something else is said. */
export const REMEMBERED_KEYS = 10_000;

export interface KeyedTokenBucketsOptions {
  /** Among how many processes the limit of a key is shared out. A whole number of at least 1. @default 1 */
  readonly processes?: number;
  /** Keys that are remembered at least. One that is forgotten starts with a full bucket. @default 10000 */
  readonly rememberedKeys?: number;
  /** @default - the system clock */
  readonly clock?: Pick<Clock, 'now'>;
}

/** A token bucket for each key, in this process: what other processes let through does not count. */
export class KeyedTokenBuckets implements KeyedLimiter {
  private readonly buckets: BoundedMap<string, TokenBucket>;
  private readonly processes: number;
  private readonly clock: Pick<Clock, 'now'>;

  /** @throws RangeError when an option is out of its range */
  public constructor({ processes = 1, rememberedKeys = REMEMBERED_KEYS, clock = systemClock }: KeyedTokenBucketsOptions = {}) {
    this.processes = wholeFrom('processes', processes, 1);
    this.buckets = new BoundedMap(positive('rememberedKeys', rememberedKeys));
    this.clock = clock;
  }

  public take(key: string, tokens: number, tokensPerSecond: number): number {
    const share = tokensPerSecond / this.processes;
    let bucket = this.buckets.get(key);
    if (bucket === undefined) {
      bucket = new TokenBucket({ tokensPerSecond: share, clock: this.clock });
    } else {
      bucket.change(share);
    }
    // Also one that was found: those in use are not forgotten.
    this.buckets.set(key, bucket);
    return bucket.takeOwing(tokens);
  }
}
