import { Duration } from 'aws-cdk-lib';
import { refuse, requireKnown } from './validation';

/** A time that a share of all payments keeps. */
export interface LatencyBound {
  readonly milliseconds: number;
  /** Share of payments in percent that keep the time, e.g. 99. */
  readonly percentile: number;
}

const DEFAULT_ACCEPT: LatencyBound = { milliseconds: 100, percentile: 99 };
const DEFAULT_SETTLE: LatencyBound = { milliseconds: 1000, percentile: 99 };

/**
 * What the latency must be. *Accept* is the time from request to the answer 202, when the payment is durable in the stream; *settle* the time
 * until its effect is in the ledger.
 */
export class LatencyTarget {
  /**
   * Bounds the time to accept; 99 of 100 payments are then to settle within one second.
   *
   * @param percentile percent of payments, above 0 and below 100
   */
  static accept(duration: Duration, percentile: number = 99): LatencyTarget {
    return new LatencyTarget(bound('latencyTarget', duration, percentile), DEFAULT_SETTLE);
  }

  /**
   * Bounds the time to settle; 99 of 100 payments are then to be accepted within 100 ms.
   *
   * @param percentile percent of payments, above 0 and below 100
   */
  static settle(duration: Duration, percentile: number = 99): LatencyTarget {
    return new LatencyTarget(DEFAULT_ACCEPT, bound('latencyTarget', duration, percentile));
  }

  private constructor(
    /** Request to 202. */
    readonly accept: LatencyBound,
    /** Request to effect in the ledger. */
    readonly settle: LatencyBound,
  ) {}

  /** The same target with another bound of the time to settle. */
  andSettle(duration: Duration, percentile: number = 99): LatencyTarget {
    return new LatencyTarget(this.accept, bound('latencyTarget', duration, percentile));
  }
}

function bound(property: string, duration: Duration, percentile: number): LatencyBound {
  requireKnown(property, duration);
  const milliseconds = duration.toMilliseconds();
  if (!(milliseconds >= 1)) {
    refuse(property, 'at least 1 ms', `${milliseconds} ms`);
  }
  if (!(percentile > 0 && percentile < 100)) {
    refuse(`${property} percentile`, 'above 0 and below 100', percentile);
  }
  return { milliseconds, percentile };
}
