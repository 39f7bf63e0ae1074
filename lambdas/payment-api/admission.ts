import { positive } from '../runtime/configuration/option-rules';
import { HttpProblem } from '../runtime/http/problem';
import { AdaptiveConcurrencyLimit } from '../runtime/resilience/adaptive-concurrency-limit';
import { type KeyedLimiter, KeyedTokenBuckets } from '../runtime/resilience/keyed-token-buckets';
import { type Criticality, LoadShedder } from '../runtime/resilience/load-shedder';
import type { Clock } from '../runtime/retry/clock';
import { Principal } from './authentication';

/** When requests are refused because more are under way than can be served. */
export interface SheddingOptions {
  /** What takes no longer than this is prompt, in milliseconds: only requests that take more than twice as long tell of too many. Above 0. */
  readonly promptMilliseconds: number;
  /** So many requests at once are always let in that matter most. A whole number of at least 1. @default 100 */
  readonly minimum?: number;
  /** Never more at once. A whole number of at least the minimum. @default 5000 */
  readonly maximum?: number;
  /** Is called for each request that is refused. @default - nobody is told */
  readonly onShed?: () => void;
}

/** What admission needs from outside. */
export interface AdmissionPorts {
  /** What each client may post that has no limit of its own. @default - no limit */
  readonly clientPaymentsPerSecond?: number;
  /** Holds clients to what they may post. @default - each process by itself */
  readonly limiter?: KeyedLimiter;
  /** When requests are refused because more are under way than can be served. @default - never; the stream refuses what it has no room for */
  readonly shedding?: SheddingOptions;
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: () => number;
}

/** How much longer than prompt requests may take before fewer are let in. */
const TOLERANCE = 2;
const MINIMUM_REQUESTS = 100;
const MAXIMUM_REQUESTS = 5_000;
/** Requests at once to begin with, so that a new process is no narrower than one that has served for a while. */
const INITIAL_REQUESTS = 1_000;

/** Holds clients to their limits, and the process to what it can serve. One for all routes, so that they share it. */
export class Admission {
  private readonly limiter: KeyedLimiter;
  private readonly paymentsPerSecond: number | undefined;
  private readonly shedder: LoadShedder | undefined;
  private readonly promptMilliseconds: number;

  /** @throws RangeError when an option of `shedding` is out of its range */
  public constructor(private readonly ports: AdmissionPorts) {
    const { limiter, clientPaymentsPerSecond, shedding, now = Date.now } = ports;
    this.limiter = limiter ?? new KeyedTokenBuckets({ clock: { now } });
    this.paymentsPerSecond = clientPaymentsPerSecond;
    this.shedder = shedding && shedderOf(shedding, { now });
    this.promptMilliseconds = shedding === undefined ? 0 : positive('promptMilliseconds', shedding.promptMilliseconds);
  }

  /**
   * Lets a request in, before anything is done for it. Whoever is let in tells its end with `leave`.
   *
   * @throws HttpProblem 503 when too many are under way for one that matters as little
   */
  public enter(criticality: Criticality): void {
    if (this.shedder !== undefined && !this.shedder.tryEnter(criticality)) {
      this.ports.shedding?.onShed?.();
      throw new HttpProblem(503, { detail: 'The server has more to do than it can at the moment.' }, { 'retry-after': '1' });
    }
  }

  /**
   * Tells the end of a request that was let in.
   *
   * @param milliseconds how long it took
   * @param dropped whether the way into the stream had no room for it
   */
  public leave(milliseconds: number, dropped: boolean): void {
    // What waits for others, to travel with them, takes several times as long as what comes last: that tells nothing about the load.
    this.shedder?.leave(Math.max(milliseconds, this.promptMilliseconds), dropped);
  }

  /**
   * Charges payments to a client; without a promise when that can be decided at once.
   *
   * @throws HttpProblem 429
   */
  public charge({ client, paymentsPerSecond = this.paymentsPerSecond }: Principal, payments: number): Promise<void> | undefined {
    if (paymentsPerSecond === undefined) {
      return undefined;
    }
    const wait = this.limiter.take(client, payments, paymentsPerSecond);
    if (typeof wait !== 'number') {
      return wait.then(refuseFor);
    }
    refuseFor(wait);
    return undefined;
  }
}

function shedderOf({ promptMilliseconds, minimum = MINIMUM_REQUESTS, maximum = MAXIMUM_REQUESTS }: SheddingOptions, clock: Pick<Clock, 'now'>): LoadShedder {
  const initial = Math.min(Math.max(INITIAL_REQUESTS, minimum), maximum);
  // Prompt is what was said to be, and stays so: it is not measured anew, which under lasting load would make slow the new prompt.
  const limit = new AdaptiveConcurrencyLimit({ initial, minimum, maximum, tolerance: TOLERANCE, measureEvery: Number.MAX_SAFE_INTEGER });
  limit.report(promptMilliseconds, 1);
  return new LoadShedder({ limit, clock });
}

function refuseFor(milliseconds: number): void {
  if (milliseconds > 0) {
    throw new HttpProblem(429, { detail: 'The client posts more payments than it may.' }, { 'retry-after': String(Math.ceil(milliseconds / 1_000)) });
  }
}
