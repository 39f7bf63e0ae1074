import { between, shareOf, wholeFrom } from '../configuration/option-rules';
import type { Random } from '../retry/clock';

export interface AdaptiveConcurrencyLimitOptions {
  /** Calls at once to begin with. @default 20 */
  readonly initial?: number;
  /** Never fewer. A whole number of at least 1. @default 1 */
  readonly minimum?: number;
  /** Never more. @default 1000 */
  readonly maximum?: number;
  /** How much slower than without load calls may become before there are fewer of them. At least 1. @default 1.5 */
  readonly tolerance?: number;
  /** Calls that may queue where they are served, so that the limit can grow. @default 4 */
  readonly headroom?: number;
  /** How much of each change is made at once, above 0 and at most 1. @default 0.2 */
  readonly smoothing?: number;
  /** After how many calls it is measured anew how long calls take that do not queue; up to twice as many, by chance. @default 1000 */
  readonly measureEvery?: number;
  /** @default Math.random */
  readonly random?: Random;
}

/** Calls that are looked at to measure anew how long they take. */
const MEASURED_CALLS = 10;
/** By how much a call that was refused or timed out lowers the limit. */
const BACKOFF = 0.9;
/** One change takes no more than half. */
const STEEPEST = 0.5;

/**
 * How many calls at once a dependency, or this process itself, can serve, found out from how long they take: while calls are as fast as without
 * load the limit grows; when they are slower, work is queueing somewhere, and it shrinks. Nobody has to know the number beforehand, and it follows
 * when the dependency becomes slower or larger.
 *
 * It is the gradient of Netflix' concurrency-limits (https://github.com/Netflix/concurrency-limits, GradientLimit.java): the ratio of the duration
 * without load to that of now scales the limit, and what queues on purpose is added. Now and then the limit is halved for a few calls, to measure
 * the duration without load anew. (Gradient2Limit.java there goes by a long average instead, which under lasting overload rises with the queue and
 * lets the limit drift.) Refusals and timeouts lower it by a factor at once, as in AIMDLimit.java. Ours, as there is no kept library of it for
 * Node.js.
 */
export class AdaptiveConcurrencyLimit {
  private readonly minimum: number;
  private readonly maximum: number;
  private readonly tolerance: number;
  private readonly headroom: number;
  private readonly smoothing: number;
  private readonly measureEvery: number;
  private readonly random: Random;
  private estimate: number;
  /** How long a call takes that does not queue, in milliseconds. */
  private unloaded = Number.POSITIVE_INFINITY;
  private untilMeasured: number;
  /** Calls still to be looked at, and the shortest of those that were. */
  private measuring = 0;
  private shortest = Number.POSITIVE_INFINITY;

  /** @throws RangeError when an option is out of its range */
  public constructor(options: AdaptiveConcurrencyLimitOptions = {}) {
    this.minimum = wholeFrom('minimum', options.minimum ?? 1, 1);
    this.maximum = wholeFrom('maximum', options.maximum ?? 1_000, this.minimum);
    this.tolerance = between('tolerance', options.tolerance ?? 1.5, 1, 10);
    this.headroom = between('headroom', options.headroom ?? 4, 1, this.maximum);
    this.smoothing = shareOf('smoothing', options.smoothing ?? 0.2);
    this.measureEvery = wholeFrom('measureEvery', options.measureEvery ?? 1_000, 1);
    this.random = options.random ?? Math.random;
    this.untilMeasured = this.nextMeasurement();
    this.estimate = between('initial', options.initial ?? Math.min(Math.max(20, this.minimum), this.maximum), this.minimum, this.maximum);
  }

  /** Calls that may be under way at once now: a whole number. */
  public get limit(): number {
    return Math.floor(this.measuring > 0 ? Math.max(this.minimum, this.estimate / 2) : this.estimate);
  }

  /**
   * Reports how a call went.
   *
   * @param milliseconds how long it took
   * @param inFlight calls that were under way when it ended, itself included
   * @param dropped whether it was refused for overload or timed out
   */
  public report(milliseconds: number, inFlight: number, dropped = false): void {
    if (dropped) {
      this.move(this.estimate * BACKOFF);
      return;
    }
    const duration = Math.max(milliseconds, 0.001);
    if (this.measuring > 0) {
      this.measure(duration, inFlight);
      return;
    }
    this.unloaded = Math.min(this.unloaded, duration);
    if (--this.untilMeasured <= 0) {
      this.measuring = MEASURED_CALLS;
      this.shortest = Number.POSITIVE_INFINITY;
    }
    // Calls that are few are fast whatever the limit is: they tell nothing about it.
    if (inFlight < this.estimate / 2) {
      return;
    }
    const gradient = Math.max(STEEPEST, Math.min(1, (this.tolerance * this.unloaded) / duration));
    const wanted = this.estimate * gradient + this.headroom;
    this.move(this.estimate * (1 - this.smoothing) + wanted * this.smoothing);
  }

  private measure(duration: number, inFlight: number): void {
    // Those count that met no more than half of what is usual; others began before.
    if (inFlight > this.limit) {
      return;
    }
    this.shortest = Math.min(this.shortest, duration);
    if (--this.measuring === 0) {
      this.unloaded = this.shortest;
      this.untilMeasured = this.nextMeasurement();
    }
  }

  /** Not the same for all processes, so that they do not measure in step. */
  private nextMeasurement(): number {
    return Math.ceil(this.measureEvery * (1 + this.random()));
  }

  private move(limit: number): void {
    this.estimate = Math.min(this.maximum, Math.max(this.minimum, limit));
  }
}
