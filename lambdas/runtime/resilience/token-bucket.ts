import { positive } from '../configuration/option-rules';
import { type Clock, systemClock } from '../retry/clock';

export interface TokenBucketOptions {
  /** What flows back each second. Above 0. */
  readonly tokensPerSecond: number;
  /** What a full bucket holds. Above 0. @default - what flows back in a second */
  readonly burst?: number;
  /** @default - the system clock */
  readonly clock?: Pick<Clock, 'now'>;
}

/**
 * Lets so many through in the long run, and a burst after a pause. A new bucket is full.
 *
 * Ours, as every payment asks it: two numbers and no allocation, and a charge that may go below zero, which libraries do not have.
 */
export class TokenBucket {
  private readonly clock: Pick<Clock, 'now'>;
  private rate: number;
  private burst: number;
  private tokens: number;
  private filledAt: number;

  /** @throws RangeError when an option is out of its range */
  public constructor({ tokensPerSecond, burst = tokensPerSecond, clock = systemClock }: TokenBucketOptions) {
    this.rate = positive('tokensPerSecond', tokensPerSecond);
    this.burst = positive('burst', burst);
    this.clock = clock;
    this.tokens = burst;
    this.filledAt = clock.now();
  }

  /** Tokens that are left; below 0 what must flow back first. */
  public get available(): number {
    this.fill();
    return this.tokens;
  }

  public get tokensPerSecond(): number {
    return this.rate;
  }

  /** Another rate from now on. @throws RangeError when a number is not above 0 */
  public change(tokensPerSecond: number, burst = tokensPerSecond): void {
    if (tokensPerSecond !== this.rate || burst !== this.burst) {
      this.fill();
      this.rate = positive('tokensPerSecond', tokensPerSecond);
      this.burst = positive('burst', burst);
      this.tokens = Math.min(this.tokens, burst);
    }
  }

  /** Takes tokens, or takes none and answers false when there are not enough. */
  public tryTake(tokens = 1): boolean {
    this.fill();
    if (this.tokens < tokens) {
      return false;
    }
    this.tokens -= tokens;
    return true;
  }

  /**
   * Takes tokens while anything is left, also more than there are: what was taken too much must first flow back. So a batch can never be too
   * large for its bucket.
   *
   * @returns 0 if they were taken, else the milliseconds until something is left again
   */
  public takeOwing(tokens: number): number {
    const wait = this.waitOwing();
    if (wait === 0) {
      this.tokens -= tokens;
    }
    return wait;
  }

  /** Milliseconds until anything is left, 0 if anything is. */
  public waitOwing(): number {
    this.fill();
    return this.tokens > 0 ? 0 : Math.floor((-this.tokens * 1_000) / this.rate) + 1;
  }

  /** Milliseconds until so many can be taken, if nobody else takes any; Infinity for more than a full bucket holds. */
  public waitFor(tokens = 1): number {
    this.fill();
    if (tokens > this.burst) {
      return Number.POSITIVE_INFINITY;
    }
    return Math.max(0, Math.ceil(((tokens - this.tokens) * 1_000) / this.rate));
  }

  private fill(): void {
    const now = this.clock.now();
    // A clock that was set back gives nothing and takes nothing.
    if (now > this.filledAt) {
      this.tokens = Math.min(this.burst, this.tokens + ((now - this.filledAt) * this.rate) / 1_000);
    }
    this.filledAt = now;
  }
}
