import { between, positive, wholeFrom } from '../configuration/option-rules';

export interface AdaptiveBatchSizeOptions {
  /** Never fewer items. A whole number of at least 1. @default 1 */
  readonly minimum?: number;
  /** Never more items. */
  readonly maximum: number;
  /** To begin with. @default - the minimum */
  readonly initial?: number;
  /** How long a batch may take, in milliseconds. Above 0. */
  readonly targetMilliseconds: number;
  /** By how much the throughput must be better for larger batches to stay, as a share. @default 0.02 */
  readonly gain?: number;
  /** After how many full batches larger ones are tried again that did not pay. @default 50 */
  readonly tryAgainAfter?: number;
}

/** How much larger the next size is that is tried. */
const GROWTH = 1.25;
/** Full batches of a size whose throughput is averaged before it is judged. */
const SAMPLES = 4;
/** One batch that was too slow makes the next ones no smaller than half. */
const STEEPEST = 0.5;

/**
 * How many items to put into a batch: as many as raise the throughput, and never so many that a batch takes longer than it may. The size climbs while
 * larger batches bring more items a millisecond, stays where they no longer do, and comes down at once with batches that are too slow or refused.
 *
 * Small changes up, a factor down, as in congestion avoidance (Chiu and Jain, "Analysis of the Increase and Decrease Algorithms for Congestion
 * Avoidance in Computer Networks", 1989), with a hill to climb in between. Ours, as there is no library of it for Node.js.
 */
export class AdaptiveBatchSize {
  private readonly minimum: number;
  private readonly maximum: number;
  private readonly targetMilliseconds: number;
  private readonly gain: number;
  private readonly tryAgainAfter: number;
  private items: number;
  /** Of the full batches since the size was last changed. */
  private samples = 0;
  private totalItems = 0;
  private totalMilliseconds = 0;
  /** The size below, and its throughput in items a millisecond, while a larger one is on trial. */
  private before: { readonly items: number; readonly throughput: number } | undefined;
  /** Full batches until a larger size is tried. */
  private rest = 0;

  /** @throws RangeError when an option is out of its range */
  public constructor(options: AdaptiveBatchSizeOptions) {
    this.minimum = wholeFrom('minimum', options.minimum ?? 1, 1);
    this.maximum = wholeFrom('maximum', options.maximum, this.minimum);
    this.targetMilliseconds = positive('targetMilliseconds', options.targetMilliseconds);
    this.gain = between('gain', options.gain ?? 0.02, 0, 1);
    this.tryAgainAfter = wholeFrom('tryAgainAfter', options.tryAgainAfter ?? 50, 1);
    this.items = between('initial', options.initial ?? this.minimum, this.minimum, this.maximum);
  }

  /** Items for the next batch. */
  public get size(): number {
    return this.items;
  }

  /**
   * Reports how a batch went.
   *
   * @param items how many there were in it
   * @param milliseconds how long it took
   * @param refused whether it was refused for overload, in whole or in part
   */
  public report(items: number, milliseconds: number, refused = false): void {
    if (refused || milliseconds > this.targetMilliseconds) {
      const share = refused ? STEEPEST : Math.max(STEEPEST, this.targetMilliseconds / milliseconds);
      this.change(Math.min(this.items, items) * share);
      this.before = undefined;
      this.rest = this.tryAgainAfter;
      return;
    }
    // A batch that was not full tells nothing of this size.
    if (items < this.items) {
      return;
    }
    this.samples++;
    this.totalItems += items;
    this.totalMilliseconds += milliseconds;
    this.rest = Math.max(0, this.rest - 1);
    if (this.samples >= SAMPLES) {
      this.judge(this.totalItems / Math.max(this.totalMilliseconds, 0.001));
    }
  }

  private judge(throughput: number): void {
    if (this.before !== undefined && throughput < this.before.throughput * (1 + this.gain)) {
      this.change(this.before.items);
      this.before = undefined;
      this.rest = this.tryAgainAfter;
    } else if (this.rest === 0 && this.items < this.maximum) {
      this.before = { items: this.items, throughput };
      this.change(Math.max(this.items + 1, this.items * GROWTH));
    } else {
      this.before = undefined;
      this.restart();
    }
  }

  private change(items: number): void {
    this.items = Math.min(this.maximum, Math.max(this.minimum, Math.floor(items)));
    this.restart();
  }

  private restart(): void {
    this.samples = 0;
    this.totalItems = 0;
    this.totalMilliseconds = 0;
  }
}
