import { Duration, Size } from 'aws-cdk-lib';
import { KeySkew } from './key-skew';
import { LatencyTarget } from './latency-target';
import { PayloadSize, PayloadSizeProps } from './payload-size';
import { Rate } from './rate';
import { RecoveryTier } from './recovery-tier';
import { refuse, requireCount, requireKnown, requirePositive, requireShare } from './validation';

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
}

const DEFAULT_AVERAGE_SHARE = 0.4;
/** What POST /payments:batch takes at most. */
const MAXIMUM_PAYMENTS_PER_REQUEST = 500;

/** A validated workload with all defaults filled in. */
export class Workload implements WorkloadProps {
  readonly peak: Rate;
  readonly average: Rate;
  readonly payload: PayloadSizeProps;
  /** `payload` in bytes. */
  readonly payloadSize: PayloadSize;
  readonly keySkew: KeySkew;
  readonly paymentsPerRequest: number;
  readonly refundShare: number;
  readonly clientRetryShare: number;
  readonly readsPerPayment: number;
  readonly latencyTarget: LatencyTarget;
  readonly idempotencyWindow: Duration;
  readonly refundWindow: Duration;
  readonly refundWait: Duration;
  readonly clientRetryWindow: Duration;
  readonly cells: number;
  readonly recoveryTier: RecoveryTier;

  /** @throws Error that names the property, its bound and the value, for the first property that makes no sense */
  constructor(props: WorkloadProps) {
    this.peak = props.peak;
    this.average = props.average ?? props.peak.times(DEFAULT_AVERAGE_SHARE);
    this.payload = props.payload ?? { mean: Size.bytes(512), p99: Size.bytes(1024) };
    this.payloadSize = new PayloadSize(this.payload);
    this.keySkew = props.keySkew ?? KeySkew.zipf({ keys: 500, exponent: 1 });
    this.paymentsPerRequest = props.paymentsPerRequest ?? 1;
    this.refundShare = props.refundShare ?? 0.01;
    this.clientRetryShare = props.clientRetryShare ?? 0.01;
    this.readsPerPayment = props.readsPerPayment ?? 0.1;
    this.latencyTarget = props.latencyTarget ?? LatencyTarget.accept(Duration.millis(100), 99);
    this.idempotencyWindow = props.idempotencyWindow ?? Duration.days(7);
    this.refundWindow = props.refundWindow ?? Duration.days(7);
    this.refundWait = props.refundWait ?? Duration.minutes(15);
    this.clientRetryWindow = props.clientRetryWindow ?? Duration.hours(24);
    this.cells = props.cells ?? 1;
    this.recoveryTier = props.recoveryTier ?? RecoveryTier.CRITICAL;
    this.validate();
  }

  /**
   * The workload that one cell is sized for. Of n cells each takes 1/n; where there are several, each gets n/(n-1) of that, so that the
   * others carry everything when one is lost.
   */
  cellShare(): Workload {
    const share = this.cells === 1 ? 1 : 1 / (this.cells - 1);
    return new Workload({ ...this, peak: this.peak.times(share), average: this.average.times(share), cells: 1 });
  }

  private validate(): void {
    requirePositive('peak', this.peak.perSecond, 'payments/s');
    requirePositive('average', this.average.perSecond, 'payments/s');
    if (this.average.perSecond > this.peak.perSecond) {
      refuse('average', `at most \`peak\` (${this.peak.perSecond} payments/s)`, this.average.perSecond);
    }
    if (!(this.paymentsPerRequest >= 1 && this.paymentsPerRequest <= MAXIMUM_PAYMENTS_PER_REQUEST)) {
      refuse('paymentsPerRequest', `between 1 and ${MAXIMUM_PAYMENTS_PER_REQUEST}`, this.paymentsPerRequest);
    }
    requireShare('refundShare', this.refundShare);
    requireShare('clientRetryShare', this.clientRetryShare);
    if (!(Number.isFinite(this.readsPerPayment) && this.readsPerPayment >= 0)) {
      refuse('readsPerPayment', '0 or more', this.readsPerPayment);
    }
    requireCount('cells', this.cells);
    for (const property of ['idempotencyWindow', 'refundWindow', 'refundWait', 'clientRetryWindow'] as const) {
      requireKnown(property, this[property]);
      if (!(this[property].toMilliseconds() >= 1000)) {
        refuse(property, 'at least 1 s', `${this[property].toMilliseconds()} ms`);
      }
    }
    if (this.refundWait.toMilliseconds() > this.refundWindow.toMilliseconds()) {
      refuse('refundWait', `at most \`refundWindow\` (${this.refundWindow.toSeconds()} s)`, `${this.refundWait.toSeconds()} s`);
    }
  }
}
