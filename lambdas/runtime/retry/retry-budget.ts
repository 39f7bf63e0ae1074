export interface RetryBudgetOptions {
  /** Retries that may be made in a row without a success. @default 200 */
  readonly capacity?: number;
  /** What each success adds, in retries: 0.1 lets retries be at most a tenth of the calls in the long run. @default 0.1 */
  readonly depositPerSuccess?: number;
}

/**
 * A token bucket that successes fill and retries drain. A healthy dependency can be asked again freely; one that is down gets
 * a bounded number of extra calls instead of a multiple of the load.
 */
export class RetryBudget {
  private readonly capacity: number;
  private readonly depositPerSuccess: number;
  private tokens: number;

  public constructor(options: RetryBudgetOptions = {}) {
    this.capacity = options.capacity ?? 200;
    this.depositPerSuccess = options.depositPerSuccess ?? 0.1;
    this.tokens = this.capacity;
  }

  /** Retries that may be made now. */
  public get available(): number {
    return Math.floor(this.tokens);
  }

  /** Takes retries, or takes none and answers false when there are not enough. */
  public tryTake(retries = 1): boolean {
    if (this.tokens < retries) {
      return false;
    }
    this.tokens -= retries;
    return true;
  }

  public deposit(): void {
    this.tokens = Math.min(this.capacity, this.tokens + this.depositPerSuccess);
  }
}
