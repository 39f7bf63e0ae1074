import { between, positive } from '../configuration/option-rules';
import { type Clock, systemClock } from '../retry/clock';
import { TokenBucket } from './token-bucket';

export interface DynamicThrottleOptions {
  /** Never slower, in calls a second. Above 0. @default 1 */
  readonly minimumPerSecond?: number;
  /** Never faster, and the rate to begin with, in calls a second. */
  readonly maximumPerSecond: number;
  /** By how much the rate grows each second in which nothing is throttled. @default - a hundredth of the maximum */
  readonly growthPerSecond?: number;
  /** What is left of the rate after a throttle, above 0 and below 1. @default 0.7 */
  readonly decrease?: number;
  /** Throttles within this time after one that lowered the rate belong to it, in milliseconds. @default 500 */
  readonly roundMilliseconds?: number;
  /** @default - the system clock */
  readonly clock?: Pick<Clock, 'now'>;
}

/** Over how long the rate of calls is measured, in milliseconds. */
const MEASURED_MILLISECONDS = 500;

/**
 * Keeps to the rate that a dependency takes, which it tells by throttling: each round with a throttle lowers the rate by a factor, starting from
 * what was really sent, and it grows again by a little each second. One for each shard or partition that is throttled by itself.
 *
 * Additive increase and multiplicative decrease lead all who share the dependency to equal parts (Chiu and Jain, 1989); the factor is that of the AWS
 * SDKs' adaptive retry mode, which keeps one rate a client, never one a shard: that is why this is ours.
 */
export class DynamicThrottle {
  private readonly minimum: number;
  private readonly maximum: number;
  private readonly growthPerSecond: number;
  private readonly decrease: number;
  private readonly roundMilliseconds: number;
  private readonly clock: Pick<Clock, 'now'>;
  private readonly bucket: TokenBucket;
  private loweredAt = Number.NEGATIVE_INFINITY;
  private grownAt: number;
  private measuredFrom: number;
  private measuredCalls = 0;
  private measuredPerSecond = 0;

  /** @throws RangeError when an option is out of its range */
  public constructor(options: DynamicThrottleOptions) {
    this.minimum = positive('minimumPerSecond', options.minimumPerSecond ?? 1);
    this.maximum = between('maximumPerSecond', options.maximumPerSecond, this.minimum, Number.MAX_SAFE_INTEGER);
    this.growthPerSecond = positive('growthPerSecond', options.growthPerSecond ?? this.maximum / 100);
    this.decrease = between('decrease', options.decrease ?? 0.7, 0.01, 0.99);
    this.roundMilliseconds = positive('roundMilliseconds', options.roundMilliseconds ?? 500);
    this.clock = options.clock ?? systemClock;
    this.bucket = new TokenBucket({ tokensPerSecond: this.maximum, clock: this.clock });
    this.grownAt = this.clock.now();
    this.measuredFrom = this.grownAt;
  }

  /** Calls a second that are let through now. */
  public get perSecond(): number {
    this.grow();
    return this.bucket.tokensPerSecond;
  }

  /** Whether so many calls may be made now, at once: they may while anything is left, and what is too much must first flow back. */
  public tryTake(calls = 1): boolean {
    this.grow();
    if (this.bucket.takeOwing(calls) > 0) {
      return false;
    }
    this.measure(calls);
    return true;
  }

  /** Milliseconds until calls may be made, if nobody else makes any; 0 when they may now. */
  public wait(): number {
    this.grow();
    return this.bucket.waitOwing();
  }

  /** Reports that the dependency has throttled a call. */
  public throttled(): void {
    const now = this.clock.now();
    if (now - this.loweredAt < this.roundMilliseconds) {
      return;
    }
    this.grow();
    this.measure(0);
    this.loweredAt = now;
    // A rate that nobody came near would take many rounds to come down to one that counts.
    const sent = this.measuredPerSecond > 0 ? Math.min(this.bucket.tokensPerSecond, this.measuredPerSecond) : this.bucket.tokensPerSecond;
    this.setRate(sent * this.decrease);
  }

  private grow(): void {
    const now = this.clock.now();
    const elapsed = now - Math.max(this.grownAt, this.loweredAt + this.roundMilliseconds);
    if (elapsed > 0 && this.bucket.tokensPerSecond < this.maximum) {
      this.setRate(this.bucket.tokensPerSecond + (elapsed * this.growthPerSecond) / 1_000);
    }
    this.grownAt = now;
  }

  private setRate(perSecond: number): void {
    this.bucket.change(Math.min(this.maximum, Math.max(this.minimum, perSecond)));
  }

  private measure(calls: number): void {
    const elapsed = this.clock.now() - this.measuredFrom;
    if (elapsed >= MEASURED_MILLISECONDS || elapsed < 0) {
      this.measuredPerSecond = elapsed > 0 ? (this.measuredCalls * 1_000) / elapsed : 0;
      this.measuredFrom = this.clock.now();
      this.measuredCalls = 0;
    }
    this.measuredCalls += calls;
  }
}
