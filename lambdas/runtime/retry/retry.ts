import { isRetryable } from '../aws/errors';
import { type Clock, type Random, systemClock } from './clock';
import { RetryBudget } from './retry-budget';

export interface RetryOptions {
  /** Upper bound of the first wait; each further one doubles. @default 25 */
  readonly baseMilliseconds?: number;
  /** Upper bound of every wait. @default 1000 */
  readonly maximumMilliseconds?: number;
  /** Attempts in all, the first included. @default 8 */
  readonly maximumAttempts?: number;
  /** Shared by everything that talks to the same dependency. @default - one of its own */
  readonly budget?: RetryBudget;
  /** @default - the system clock */
  readonly clock?: Clock;
  /** @default Math.random */
  readonly random?: Random;
}

/**
 * When to try again: full jitter (a random wait between zero and a bound that doubles with each attempt), at most
 * so many attempts, never past a deadline, and only while the retry budget lasts.
 */
export class RetryPolicy {
  public readonly clock: Clock;
  public readonly budget: RetryBudget;
  private readonly random: Random;
  private readonly baseMilliseconds: number;
  private readonly maximumMilliseconds: number;
  private readonly maximumAttempts: number;

  public constructor(options: RetryOptions = {}) {
    this.clock = options.clock ?? systemClock;
    this.random = options.random ?? Math.random;
    this.budget = options.budget ?? new RetryBudget();
    this.baseMilliseconds = options.baseMilliseconds ?? 25;
    this.maximumMilliseconds = options.maximumMilliseconds ?? 1_000;
    this.maximumAttempts = options.maximumAttempts ?? 8;
  }

  /** Starts counting the attempts of one call. @param deadline in milliseconds since 1970. @default - none */
  public begin(deadline = Number.POSITIVE_INFINITY): Attempts {
    return new Attempts(this, deadline);
  }

  /**
   * Runs a call until it succeeds, fails for good, or no further attempt is allowed; then its last error is thrown.
   * The call may run more than once even if it succeeded, because answers can be lost.
   */
  public async run<Result>(
    call: () => Promise<Result>,
    options: { readonly deadline?: number; readonly isRetryable?: (error: unknown) => boolean } = {},
  ): Promise<Result> {
    const attempts = this.begin(options.deadline);
    const mayRetry = options.isRetryable ?? isRetryable;
    for (;;) {
      try {
        const result = await call();
        attempts.succeeded();
        return result;
      } catch (error) {
        if (!mayRetry(error) || !(await attempts.again())) {
          throw error;
        }
      }
    }
  }

  /** The wait before attempt number `made` + 1, in milliseconds; undefined when there is to be none. @internal */
  public delayAfter(made: number): number | undefined {
    if (made >= this.maximumAttempts) {
      return undefined;
    }
    // The exponent is bounded so that the power stays finite.
    const bound = Math.min(this.maximumMilliseconds, this.baseMilliseconds * 2 ** Math.min(made - 1, 30));
    return Math.floor(this.random() * bound);
  }
}

/** The attempts of one call. */
export class Attempts {
  private made = 1;

  public constructor(private readonly policy: RetryPolicy, private readonly deadline: number) {}

  /** Attempts made so far, the one under way included. */
  public get count(): number {
    return this.made;
  }

  /** Whether the deadline has passed. */
  public get isLate(): boolean {
    return this.policy.clock.now() >= this.deadline;
  }

  /**
   * Waits until the next attempt may start. Answers false at once when there is to be none.
   *
   * @param calls what the attempt costs of the budget, in calls
   */
  public async again(calls = 1): Promise<boolean> {
    const delay = this.policy.delayAfter(this.made);
    if (delay === undefined || this.policy.clock.now() + delay >= this.deadline || !this.policy.budget.tryTake(calls)) {
      return false;
    }
    this.made += 1;
    await this.policy.clock.sleep(delay);
    return true;
  }

  /** Gives a part of a retry back to the budget. */
  public succeeded(): void {
    this.policy.budget.deposit();
  }
}
