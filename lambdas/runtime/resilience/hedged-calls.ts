import { between, shareOf, wholeFrom } from '../configuration/option-rules';
import type { Clock } from '../retry/clock';
import { RetryBudget } from '../retry/retry-budget';
import { systemTimers, type Timers } from '../retry/timers';

export interface HedgeOptions {
  /** A call is slow when it takes longer than this share of the recent ones. 0.95 to 0.99. @default 0.98 */
  readonly quantile?: number;
  /** Second calls at most, as a share of all calls in the long run. Above 0 and at most 0.1. @default 0.02 */
  readonly share?: number;
  /** Second calls that may be made at once after a time without any. A whole number of at least 1. @default 2 */
  readonly burst?: number;
  /** None is made before so many calls were measured. A whole number of at least 20. @default 100 */
  readonly measuredCalls?: number;
  /** @default - the timers of this machine */
  readonly timers?: Timers;
}

/** Calls that are remembered, to know what is slow. */
const REMEMBERED_CALLS = 512;
/** The quantile is computed anew after so many calls. */
const COMPUTED_EVERY = 16;
const LEAST_MEASURED = 20;

/**
 * Makes a call a second time when its answer is slower than those of nearly all recent calls, and takes whichever answer comes first (hedged
 * requests; Dean and Barroso, "The Tail at Scale", Communications of the ACM 56(2), 2013). What
 * waits longest in a busy service often waits for one busy part of it, and the second call seldom meets the same. A budget bounds the additional
 * load, also when everything has become slow.
 *
 * Both calls can take effect: only for calls that may run twice.
 */
export class HedgedCalls {
  private readonly quantile: number;
  private readonly budget: RetryBudget;
  private readonly measuredCalls: number;
  private readonly timers: Timers;
  /** The last durations, in milliseconds, in no order. */
  private readonly durations: number[] = [];
  private measured = 0;
  private threshold: number | undefined;

  /** @throws RangeError when an option is out of its range */
  public constructor(options: HedgeOptions, private readonly clock: Pick<Clock, 'now'>) {
    this.quantile = between('quantile', options.quantile ?? 0.98, 0.95, 0.99);
    this.budget = new RetryBudget({ capacity: wholeFrom('burst', options.burst ?? 2, 1), depositPerSuccess: shareOf('share', options.share ?? 0.02, 0.1) });
    this.measuredCalls = wholeFrom('measuredCalls', options.measuredCalls ?? 100, LEAST_MEASURED);
    this.timers = options.timers ?? systemTimers;
  }

  /** After how many milliseconds a call is slow; undefined while too few were measured. */
  public get slowAfter(): number | undefined {
    return this.threshold;
  }

  /**
   * @param call is made once or twice. It must not throw
   * @param isEnough is told of each answer in its turn, until it says that nothing more is needed
   */
  public run<Answer>(call: () => Promise<Answer>, isEnough: (answer: Answer) => boolean): Promise<void> {
    this.budget.deposit();
    return new Promise((resolve) => {
      let open = 0;
      let done = false;
      let takeBack: () => void = () => undefined;
      const begin = (): void => {
        open++;
        const begun = this.clock.now();
        void call().then((answer) => {
          // Also of the one that came too late: without the slow ones nothing would look fast any more.
          this.measure(this.clock.now() - begun);
          open--;
          if (!done && (isEnough(answer) || open === 0)) {
            done = true;
            takeBack();
            resolve();
          }
        });
      };
      begin();
      if (this.threshold !== undefined) {
        takeBack = this.timers.after(this.threshold, () => {
          if (!done && this.budget.tryTake()) {
            begin();
          }
        });
      }
    });
  }

  private measure(milliseconds: number): void {
    this.durations[this.measured % REMEMBERED_CALLS] = milliseconds;
    this.measured++;
    if (this.measured >= this.measuredCalls && (this.threshold === undefined || this.measured % COMPUTED_EVERY === 0)) {
      const sorted = Float64Array.from(this.durations).sort();
      // A clock that counts whole milliseconds shows calls of no length.
      this.threshold = Math.max(1, sorted[Math.min(sorted.length - 1, Math.ceil(this.quantile * sorted.length) - 1)]);
    }
  }
}
