import { Duration } from 'aws-cdk-lib';
import { ConsistencyByDataClass } from './consistency-level';
import { GrowthModel } from './growth-model';
import { KeySkew } from './key-skew';
import { LatencyTarget } from './latency-target';
import { PayloadSizeProps } from './payload-size';
import { Rate } from './rate';
import { RecoveryTier } from './recovery-tier';
import { WorkloadUncertainty } from './workload-uncertainty';

/** What a system has to carry. Everything else is derived from it. */
export interface WorkloadProps {
  /** Payments per second at the peak, over all cells; repeated and refunding ones included. */
  readonly peak: Rate;
  /**
   * Payments per second over a month; at most the peak.
   *
   * @default - 40 % of the peak
   */
  readonly average?: Rate;
  /**
   * One payment as JSON, without HTTP headers.
   *
   * @default - 512 bytes in the mean, 1,024 bytes at the 99th percentile
   */
  readonly payload?: PayloadSizeProps;
  /**
   * How payments spread over merchants.
   *
   * @default KeySkew.zipf({ keys: 500, exponent: 1 })
   */
  readonly keySkew?: KeySkew;
  /**
   * Payments that one HTTP request carries in the mean; from 1 to 500.
   *
   * @default 1
   */
  readonly paymentsPerRequest?: number;
  /**
   * Share of the payments that are refunds; 0 to 1.
   *
   * @default 0.01
   */
  readonly refundShare?: number;
  /**
   * Share of the payments that clients send again although they were accepted; 0 to 1.
   *
   * @default 0.01
   */
  readonly clientRetryShare?: number;
  /**
   * Times that the status of a payment is asked for, for each payment; 0 or more.
   *
   * @default 0.1
   */
  readonly readsPerPayment?: number;
  /**
   * What the latency must be.
   *
   * @default - 99 of 100 payments accepted within 100 ms and settled within one second
   */
  readonly latencyTarget?: LatencyTarget;
  /**
   * How long a repeated payment is recognised.
   *
   * @default Duration.days(7)
   */
  readonly idempotencyWindow?: Duration;
  /**
   * How long a payment can be refunded.
   *
   * @default Duration.days(7)
   */
  readonly refundWindow?: Duration;
  /**
   * How long a refund waits for its payment before it is rejected.
   *
   * @default Duration.minutes(15)
   */
  readonly refundWait?: Duration;
  /**
   * How long a client goes on repeating a payment whose answer it did not get.
   *
   * @default Duration.hours(24)
   */
  readonly clientRetryWindow?: Duration;
  /**
   * Independent copies of edge, API, stream and worker. With several of them each is sized so that one may be lost.
   *
   * @default 1
   */
  readonly cells?: number;
  /**
   * How fast the system must be back after a disaster.
   *
   * @default RecoveryTier.CRITICAL
   */
  readonly recoveryTier?: RecoveryTier;
  /**
   * Region that takes over when the region of the system is lost, e.g. `eu-west-1`.
   *
   * @default - none: a system that is lost with its region
   */
  readonly recoveryRegion?: string;
  /**
   * How fresh reads must be.
   *
   * @default - the status of a payment is read strongly; balances may be 5 seconds old
   */
  readonly consistency?: ConsistencyByDataClass;
  /**
   * Share of the requests that come through the public edge; the others come from partners. 0 to 1.
   *
   * @default 0.05
   */
  readonly publicEdgeShare?: number;
  /**
   * How `peak` and `average` grow from the day on which they were stated.
   *
   * @default - not at all
   */
  readonly growth?: GrowthModel;
  /**
   * Day that everything is sized for, e.g. `2027-11-01`: peak and average are those of that day, by `growth`.
   *
   * @default - the day on which the rates were stated
   */
  readonly plannedFor?: string;
  /**
   * How far the stated numbers may be off.
   *
   * @default - they are certain
   */
  readonly uncertainty?: WorkloadUncertainty;
}
