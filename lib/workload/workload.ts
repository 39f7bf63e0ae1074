import { Duration, Size } from 'aws-cdk-lib';
import { Band } from './band';
import { ConsistencyByDataClass, ConsistencyLevel } from './consistency-level';
import { GrowthModel } from './growth-model';
import { KeySkew } from './key-skew';
import { LatencyTarget } from './latency-target';
import { PayloadSize, PayloadSizeProps } from './payload-size';
import { Rate } from './rate';
import { RecoveryTier } from './recovery-tier';
import { refuse, requireCount, requireKnown, requirePositive, requireRegion, requireShare } from './validation';
import { readWorkload, writeWorkload, WorkloadJson } from './workload-json';
import { WorkloadProps } from './workload-props';
import { drawnShare, isRelief, UncertainField, UNCERTAIN_FIELDS, WorkloadUncertainty } from './workload-uncertainty';

const DEFAULT_AVERAGE_SHARE = 0.4;
/** What POST /payments:batch takes at most. */
const MAXIMUM_PAYMENTS_PER_REQUEST = 500;

/** A validated workload with all defaults filled in. */
export class Workload implements WorkloadProps {
  /**
   * A workload from JSON, e.g. from a `workload.json` or the metadata of a template. Only `peak` must be there.
   *
   * @throws Error that names the first key that is unknown, or has a value of the wrong type or out of range
   */
  static fromJSON(json: unknown): Workload {
    return new Workload(readWorkload(json));
  }

  /** Payments per second at the peak, on the day of `plannedFor` where one is stated. */
  readonly peak: Rate;
  /** Payments per second over a month, on the day of `plannedFor` where one is stated. */
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
  readonly recoveryRegion?: string;
  readonly consistency: Required<ConsistencyByDataClass>;
  readonly publicEdgeShare: number;
  private readonly draws = new Map<number, Workload>();
  #ofCell?: Workload;

  /** @throws Error that names the property, its bound and the value, for the first property that makes no sense */
  constructor(private readonly props: WorkloadProps) {
    const factor = growthFactor(props);
    this.peak = factor === 1 ? props.peak : props.peak.times(factor);
    this.average = props.average === undefined ? this.peak.times(DEFAULT_AVERAGE_SHARE)
      : factor === 1 ? props.average
      : props.average.times(factor);
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
    this.recoveryRegion = props.recoveryRegion;
    this.consistency = {
      status: props.consistency?.status ?? ConsistencyLevel.STRONG,
      balances: props.consistency?.balances ?? ConsistencyLevel.eventual(Duration.seconds(5)),
    };
    this.publicEdgeShare = props.publicEdgeShare ?? 0.05;
    this.validate();
    this.validateBands();
  }

  // The next three are read through the prototype, so that `{ ...workload }` copies the planned rates, and does not plan them a second time.

  get growth(): GrowthModel | undefined {
    return this.props.growth;
  }

  get plannedFor(): string | undefined {
    return this.props.plannedFor;
  }

  get uncertainty(): WorkloadUncertainty {
    return this.props.uncertainty ?? {};
  }

  /** Whether any of the numbers has a band of more than one value. */
  get isUncertain(): boolean {
    return Object.values(this.uncertainty).some((band: Band | undefined) => band !== undefined && band.low < band.high);
  }

  /** The workload as stated, with some properties stated otherwise. */
  with(changes: Partial<WorkloadProps>): Workload {
    return new Workload({ ...this.props, ...changes });
  }

  /**
   * The workload that one cell is sized for. Of n cells each takes 1/n; where there are several, each gets n/(n-1) of that, so that the
   * others carry everything when one is lost.
   */
  cellShare(): Workload {
    this.#ofCell ??= this.share(this.cells === 1 ? 1 : 1 / (this.cells - 1)).with({ cells: 1 });
    return this.#ofCell;
  }

  /**
   * The same workload with a part of its rate, for what carries only some of the payments, or what follows from some of them.
   *
   * @param part factor of peak and average, above 0
   * @throws Error for a part that is not above 0
   */
  share(part: number): Workload {
    if (!(part > 0 && Number.isFinite(part))) {
      throw new Error(`\`part\` must be above 0, got: ${part}`);
    }
    const { peak, average } = this.uncertainty;
    return this.with({
      peak: this.props.peak.times(part),
      average: this.props.average?.times(part),
      uncertainty: { ...this.uncertainty, peak: peak?.times(part), average: average?.times(part) },
    });
  }

  /** The workload with the least to do that the bands allow; it has no bands itself. */
  low(): Workload {
    return this.quantile(0);
  }

  /** The workload with the most to do that the bands allow; it has no bands itself. */
  high(): Workload {
    return this.quantile(1);
  }

  /**
   * The workload in which every band has the value that a share of its cases stays below, or above where more of it is less to do. It has no bands
   * itself.
   *
   * @param share from 0, the low end, to 1, the high end
   */
  quantile(share: number): Workload {
    return this.settled((field, band) => band.quantile(this.typical(field), isRelief(field) ? 1 - share : share));
  }

  /**
   * One of the workloads that the bands allow, without bands itself. The same index gives the same workload every time, and the same place in
   * each band for a cell and the whole.
   *
   * @param index from 0
   */
  draw(index: number): Workload {
    const known = this.draws.get(index);
    const drawn = known ?? this.settled((field, band) => band.quantile(this.typical(field), drawnShare(field, index)));
    this.draws.set(index, drawn);
    return drawn;
  }

  /** The workload as `fromJSON` takes it. */
  toJSON(): WorkloadJson {
    const { growth, plannedFor, uncertainty } = this;
    return writeWorkload({ ...this, peak: this.props.peak, average: this.statedAverage, growth, plannedFor, uncertainty });
  }

  /** The average before growth. */
  private get statedAverage(): Rate {
    return this.props.average ?? this.props.peak.times(DEFAULT_AVERAGE_SHARE);
  }

  /** The stated number that a band belongs to. */
  private typical(field: UncertainField): number {
    const { props } = this;
    switch (field) {
      case 'peak': return props.peak.perSecond;
      case 'average': return this.statedAverage.perSecond;
      case 'payloadMeanBytes': return this.payloadSize.meanBytes;
      case 'keySkewExponent': return this.keySkew.exponent;
      case 'growthPerYear': return props.growth?.perYear ?? 0;
      default: return this[field];
    }
  }

  /** The workload with one value of each band in the place of the stated number. */
  private settled(choose: (field: UncertainField, band: Band) => number): Workload {
    const value = (field: UncertainField): number => {
      const band = this.uncertainty[field];
      return band === undefined ? this.typical(field) : choose(field, band);
    };
    const { uncertainty: bands, props } = this;
    const peak = props.peak.times(value('peak') / props.peak.perSecond);
    const share = this.typical('average') / this.typical('peak');
    const average = bands.average === undefined ? peak.perSecond * share : Math.min(value('average'), peak.perSecond);
    return this.with({
      peak,
      average: Rate.perSecond(average),
      ...(bands.payloadMeanBytes !== undefined && { payload: scaledPayload(this.payloadSize, value('payloadMeanBytes')) }),
      ...(bands.keySkewExponent !== undefined && { keySkew: KeySkew.zipf({ keys: this.keySkew.keys, exponent: value('keySkewExponent') }) }),
      paymentsPerRequest: value('paymentsPerRequest'),
      refundShare: value('refundShare'),
      clientRetryShare: value('clientRetryShare'),
      readsPerPayment: value('readsPerPayment'),
      growth: props.growth?.withPerYear(value('growthPerYear')),
      uncertainty: undefined,
    });
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
    requireShare('publicEdgeShare', this.publicEdgeShare);
    if (!(Number.isFinite(this.readsPerPayment) && this.readsPerPayment >= 0)) {
      refuse('readsPerPayment', '0 or more', this.readsPerPayment);
    }
    requireCount('cells', this.cells);
    if (this.recoveryRegion !== undefined) {
      requireRegion('recoveryRegion', this.recoveryRegion);
    }
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

  private validateBands(): void {
    let any = false;
    for (const field of UNCERTAIN_FIELDS) {
      const band = this.uncertainty[field];
      const stated = this.typical(field);
      if (field === 'growthPerYear' && band !== undefined && this.growth === undefined) {
        refuse('uncertainty.growthPerYear', 'stated beside a `growth`', `${band} alone`);
      }
      // The stated number of a cell went through a division, so its last bits are not those of the band.
      const tolerance = 1e-9 * Math.abs(stated);
      if (band !== undefined && !(band.low <= stated + tolerance && stated <= band.high + tolerance)) {
        refuse(`uncertainty.${field}`, `a band around the stated ${stated}`, `${band}`);
      }
      any = any || band !== undefined;
    }
    if (any) {
      // Their constructors check both ends of every band.
      this.low();
      this.high();
    }
  }
}

function growthFactor(props: WorkloadProps): number {
  if (props.plannedFor === undefined) {
    return 1;
  }
  if (props.growth === undefined) {
    refuse('plannedFor', 'stated beside a `growth`, else nothing tells the rates of that day', `${props.plannedFor} alone`);
  }
  return props.growth.factorAt(props.plannedFor);
}

/** A payload with another mean and the same ratio of 99th percentile to mean. */
function scaledPayload(payload: PayloadSize, meanBytes: number): PayloadSizeProps {
  return { mean: Size.bytes(meanBytes), p99: Size.bytes(meanBytes * payload.p99Bytes / payload.meanBytes) };
}
