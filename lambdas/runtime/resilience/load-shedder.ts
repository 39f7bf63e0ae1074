import { shareOf } from '../configuration/option-rules';
import { type Clock, systemClock } from '../retry/clock';
import { AdaptiveConcurrencyLimit } from './adaptive-concurrency-limit';

/**
 * How bad it is when a request fails, worst first: `criticalPlus` users see it at once and it costs them; `critical` users see it, the default;
 * `sheddablePlus` it can be tried again in minutes, as batch work; `sheddable` it may fail often. After Google, "Site Reliability Engineering",
 * chapter 21, "Handling Overload".
 *
 * @see https://sre.google/sre-book/handling-overload/
 */
export const CRITICALITIES = ['criticalPlus', 'critical', 'sheddablePlus', 'sheddable'] as const;
export type Criticality = typeof CRITICALITIES[number];

/** The request was not begun, because too much is under way for one that matters as little. */
export class LoadShedError extends Error {
  public constructor(public readonly criticality: Criticality) {
    super(`overloaded: requests that are ${criticality} are refused for a moment`);
    this.name = 'LoadShedError';
  }
}

export interface LoadShedderOptions {
  /** @default - an adaptive limit with its defaults */
  readonly limit?: AdaptiveConcurrencyLimit;
  /**
   * Up to which share of the limit requests are let in, above 0 and at most 1. One that matters more must not have a smaller share.
   *
   * @default - criticalPlus 1, critical 0.9, sheddablePlus 0.7, sheddable 0.5
   */
  readonly shares?: Partial<Readonly<Record<Criticality, number>>>;
  /** @default - the system clock */
  readonly clock?: Pick<Clock, 'now'>;
}

const SHARES: Readonly<Record<Criticality, number>> = { criticalPlus: 1, critical: 0.9, sheddablePlus: 0.7, sheddable: 0.5 };

/**
 * Refuses requests before they cost anything when more is under way than can be served, those first that matter least. What can be served follows
 * from how long requests take.
 *
 * Ours, as every request passes it: two counts, and no promise.
 */
export class LoadShedder {
  private readonly limits: AdaptiveConcurrencyLimit;
  private readonly shares: Readonly<Record<Criticality, number>>;
  private readonly clock: Pick<Clock, 'now'>;
  private under = 0;

  /** @throws RangeError when a share is out of its range, or larger than that of requests that matter more */
  public constructor({ limit = new AdaptiveConcurrencyLimit(), shares, clock = systemClock }: LoadShedderOptions = {}) {
    this.limits = limit;
    this.shares = { ...SHARES, ...shares };
    this.clock = clock;
    let most = 1;
    for (const criticality of CRITICALITIES) {
      most = shareOf(`shares.${criticality}`, this.shares[criticality], most);
    }
  }

  /** Requests under way. */
  public get inFlight(): number {
    return this.under;
  }

  /** Requests that may be under way now. */
  public get limit(): number {
    return this.limits.limit;
  }

  /** Whether a request may begin. Whoever is let in reports the end with `leave`. */
  public tryEnter(criticality: Criticality = 'critical'): boolean {
    if (this.under >= Math.ceil(this.limits.limit * this.shares[criticality])) {
      return false;
    }
    this.under++;
    return true;
  }

  /**
   * Reports the end of a request that was let in.
   *
   * @param milliseconds how long it took
   * @param dropped whether something that it needs refused it for overload, or timed out
   */
  public leave(milliseconds: number, dropped = false): void {
    this.limits.report(milliseconds, this.under, dropped);
    this.under--;
  }

  /**
   * Serves a request, or refuses it.
   *
   * @param isDropped whether an error tells of overload
   * @throws LoadShedError, or what the work throws
   */
  public async run<Result>(
    criticality: Criticality, work: () => Promise<Result>, isDropped: (error: unknown) => boolean = () => false,
  ): Promise<Result> {
    if (!this.tryEnter(criticality)) {
      throw new LoadShedError(criticality);
    }
    const beganAt = this.clock.now();
    let dropped = false;
    try {
      return await work();
    } catch (error) {
      dropped = isDropped(error);
      throw error;
    } finally {
      this.leave(this.clock.now() - beganAt, dropped);
    }
  }
}
