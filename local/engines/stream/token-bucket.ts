/**
 * A limit per second: a bucket that holds one second's worth and fills continuously. A burst may use a whole second's worth at once;
 * AWS documents the limits per second and not how a second is cut.
 */
export class TokenBucket {
  private tokens: number;
  private filledAt: number;

  constructor(private readonly perSecond: number, now: number) {
    this.tokens = perSecond;
    this.filledAt = now;
  }

  /** Whether `amount` may be taken. An amount beyond a whole second's worth has to wait for a full bucket. */
  allows(amount: number, now: number): boolean {
    this.fill(now);
    return this.tokens >= Math.min(amount, this.perSecond);
  }

  /** Whether anything is left at all. */
  hasAny(now: number): boolean {
    this.fill(now);
    return this.tokens > 0;
  }

  /** How long it takes until anything is left, 0 when it is now. */
  millisecondsUntilAny(now: number): number {
    return this.hasAny(now) ? 0 : Math.floor((-this.tokens * 1000) / this.perSecond) + 1;
  }

  /** Takes an amount; what the bucket does not hold becomes a debt that has to be filled first. */
  take(amount: number): void {
    this.tokens -= amount;
  }

  private fill(now: number): void {
    if (now > this.filledAt) {
      this.tokens = Math.min(this.perSecond, this.tokens + ((now - this.filledAt) * this.perSecond) / 1000);
      this.filledAt = now;
    }
  }
}
