import { Duration, Size } from 'aws-cdk-lib';
import { Band } from './band';
import { ConsistencyByDataClass, ConsistencyLevel } from './consistency-level';
import { GrowthModel } from './growth-model';
import { JsonObject, member } from './json-object';
import { KeySkew } from './key-skew';
import { LatencyBound, LatencyTarget } from './latency-target';
import { PayloadSize } from './payload-size';
import { Rate } from './rate';
import { RecoveryTier } from './recovery-tier';
import { requirePositive } from './validation';
import { WorkloadProps } from './workload-props';
import { UNCERTAIN_FIELDS, UncertainField, WorkloadUncertainty } from './workload-uncertainty';

/** Payments per second, or the users who cause them. */
export type RateJson = number | { readonly concurrentUsers: number; readonly thinkTimeSeconds: number };

export interface LatencyBoundJson {
  readonly seconds: number;
  readonly percentile: number;
}

export type ConsistencyJson = 'strong' | 'readYourWrites' | { readonly eventualSeconds: number };

/** A workload as it stands in a `workload.json` and in the metadata of a template. Rates are per second, times in seconds. */
export interface WorkloadJson {
  readonly peak: RateJson;
  readonly average?: RateJson;
  readonly payload?: { readonly meanBytes: number; readonly p99Bytes?: number };
  readonly keySkew?: { readonly keys: number; readonly exponent: number };
  readonly paymentsPerRequest?: number;
  readonly refundShare?: number;
  readonly clientRetryShare?: number;
  readonly readsPerPayment?: number;
  readonly latencyTarget?: { readonly accept?: LatencyBoundJson; readonly settle?: LatencyBoundJson };
  readonly idempotencyWindowSeconds?: number;
  readonly refundWindowSeconds?: number;
  readonly refundWaitSeconds?: number;
  readonly clientRetryWindowSeconds?: number;
  readonly cells?: number;
  readonly recoveryTier?: string;
  readonly recoveryRegion?: string;
  readonly consistency?: { readonly status?: ConsistencyJson; readonly balances?: ConsistencyJson };
  readonly publicEdgeShare?: number;
  readonly growth?: { readonly kind: 'compound' | 'linear'; readonly perYear: number; readonly from: string };
  readonly plannedFor?: string;
  readonly uncertainty?: { readonly [field in UncertainField]?: { readonly low: number; readonly high: number } };
}

/** Properties that have no default. */
type Undecided = 'growth' | 'plannedFor' | 'recoveryRegion';

/** A workload as stated, with all defaults filled in. */
export interface StatedWorkload extends Required<Omit<WorkloadProps, Undecided | 'consistency'>>, Pick<WorkloadProps, Undecided> {
  readonly payloadSize: PayloadSize;
  readonly consistency: Required<ConsistencyByDataClass>;
}

export function writeWorkload(workload: StatedWorkload): WorkloadJson {
  const { average, consistency, growth, keySkew, latencyTarget, payloadSize, peak, plannedFor, recoveryRegion, uncertainty } = workload;
  const bands = UNCERTAIN_FIELDS.flatMap((field) => {
    const band = uncertainty[field];
    return band === undefined ? [] : [[field, { low: band.low, high: band.high }] as const];
  });
  return {
    peak: writeRate(peak),
    average: average.perSecond,
    payload: { meanBytes: payloadSize.meanBytes, p99Bytes: payloadSize.p99Bytes },
    keySkew: { keys: keySkew.keys, exponent: keySkew.exponent },
    paymentsPerRequest: workload.paymentsPerRequest,
    refundShare: workload.refundShare,
    clientRetryShare: workload.clientRetryShare,
    readsPerPayment: workload.readsPerPayment,
    latencyTarget: { accept: writeBound(latencyTarget.accept), settle: writeBound(latencyTarget.settle) },
    idempotencyWindowSeconds: seconds(workload.idempotencyWindow),
    refundWindowSeconds: seconds(workload.refundWindow),
    refundWaitSeconds: seconds(workload.refundWait),
    clientRetryWindowSeconds: seconds(workload.clientRetryWindow),
    cells: workload.cells,
    recoveryTier: workload.recoveryTier.name,
    ...(recoveryRegion !== undefined && { recoveryRegion }),
    consistency: { status: writeConsistency(consistency.status), balances: writeConsistency(consistency.balances) },
    publicEdgeShare: workload.publicEdgeShare,
    ...(growth !== undefined && { growth: { kind: growth.kind, perYear: growth.perYear, from: growth.from } }),
    ...(plannedFor !== undefined && { plannedFor }),
    ...(bands.length > 0 && { uncertainty: Object.fromEntries(bands) }),
  };
}

/** @throws Error that names the first key that is unknown or has a value of the wrong type */
export function readWorkload(json: unknown): WorkloadProps {
  const workload = JsonObject.of('workload', json);
  const props: WorkloadProps = {
    peak: readRate('peak', workload.required('peak')),
    average: workload.optional('average', readRate),
    payload: workload.optional('payload', readPayload),
    keySkew: workload.optional('keySkew', readKeySkew),
    paymentsPerRequest: workload.number('paymentsPerRequest'),
    refundShare: workload.number('refundShare'),
    clientRetryShare: workload.number('clientRetryShare'),
    readsPerPayment: workload.number('readsPerPayment'),
    latencyTarget: workload.optional('latencyTarget', readLatencyTarget),
    idempotencyWindow: workload.duration('idempotencyWindowSeconds'),
    refundWindow: workload.duration('refundWindowSeconds'),
    refundWait: workload.duration('refundWaitSeconds'),
    clientRetryWindow: workload.duration('clientRetryWindowSeconds'),
    cells: workload.number('cells'),
    recoveryTier: workload.optional('recoveryTier', readRecoveryTier),
    recoveryRegion: workload.text('recoveryRegion'),
    consistency: workload.optional('consistency', readConsistencies),
    publicEdgeShare: workload.number('publicEdgeShare'),
    growth: workload.optional('growth', readGrowth),
    plannedFor: workload.text('plannedFor'),
    uncertainty: workload.optional('uncertainty', readUncertainty),
  };
  workload.end();
  return props;
}

function writeRate(rate: Rate): RateJson {
  return rate.concurrentUsers === undefined || rate.thinkTime === undefined
    ? rate.perSecond
    : { concurrentUsers: rate.concurrentUsers, thinkTimeSeconds: seconds(rate.thinkTime) };
}

function readRate(name: string, json: unknown): Rate {
  if (typeof json === 'number') {
    requirePositive(name, json, 'payments/s');
    return Rate.perSecond(json);
  }
  const rate = JsonObject.of(name, json, 'a number of payments per second, or an object with `concurrentUsers` and `thinkTimeSeconds`');
  const users = rate.requiredNumber('concurrentUsers');
  const thinkTime = rate.requiredDuration('thinkTimeSeconds');
  rate.end();
  return Rate.ofConcurrentUsers({ users, thinkTime });
}

function readPayload(name: string, json: unknown) {
  const payload = JsonObject.of(name, json);
  const mean = Size.bytes(payload.amount('meanBytes') ?? payload.missing('meanBytes'));
  const p99 = payload.amount('p99Bytes');
  payload.end();
  return { mean, p99: p99 === undefined ? undefined : Size.bytes(p99) };
}

function readKeySkew(name: string, json: unknown): KeySkew {
  const skew = JsonObject.of(name, json);
  const read = { keys: skew.requiredNumber('keys'), exponent: skew.requiredNumber('exponent') };
  skew.end();
  return KeySkew.zipf(read);
}

function writeBound(bound: LatencyBound): LatencyBoundJson {
  return { seconds: bound.milliseconds / 1000, percentile: bound.percentile };
}

function readLatencyTarget(name: string, json: unknown): LatencyTarget {
  const target = JsonObject.of(name, json);
  const accept = target.optional('accept', readBound);
  const settle = target.optional('settle', readBound);
  target.end();
  const accepted = accept === undefined ? LatencyTarget.accept(Duration.millis(100)) : LatencyTarget.accept(accept.time, accept.percentile);
  return settle === undefined ? accepted : accepted.andSettle(settle.time, settle.percentile);
}

function readBound(name: string, json: unknown): { time: Duration; percentile: number | undefined } {
  const bound = JsonObject.of(name, json);
  const read = { time: bound.requiredDuration('seconds'), percentile: bound.number('percentile') };
  bound.end();
  return read;
}

function readRecoveryTier(name: string, json: unknown): RecoveryTier {
  return member(name, json, RecoveryTier.ALL);
}

function writeConsistency(level: ConsistencyLevel): ConsistencyJson {
  return level.name === 'eventual' ? { eventualSeconds: seconds(level.staleness!) } : level.name;
}

function readConsistencies(name: string, json: unknown) {
  const consistency = JsonObject.of(name, json);
  const read = { status: consistency.optional('status', readConsistency), balances: consistency.optional('balances', readConsistency) };
  consistency.end();
  return read;
}

function readConsistency(name: string, json: unknown): ConsistencyLevel {
  if (typeof json === 'string') {
    return member(name, json, [ConsistencyLevel.STRONG, ConsistencyLevel.READ_YOUR_WRITES]);
  }
  const level = JsonObject.of(name, json, '"strong", "readYourWrites" or an object with `eventualSeconds`');
  const staleness = level.requiredDuration('eventualSeconds');
  level.end();
  return ConsistencyLevel.eventual(staleness);
}

function readGrowth(name: string, json: unknown): GrowthModel {
  const growth = JsonObject.of(name, json);
  const { name: kind } = member(`${name}.kind`, growth.required('kind'), [{ name: 'compound' }, { name: 'linear' }] as const);
  const props = { perYear: growth.requiredNumber('perYear'), from: growth.requiredText('from') };
  growth.end();
  return GrowthModel[kind](props);
}

function readUncertainty(name: string, json: unknown): WorkloadUncertainty {
  const uncertainty = JsonObject.of(name, json);
  const bands = UNCERTAIN_FIELDS.map((field) => [field, uncertainty.optional(field, readBand)] as const);
  uncertainty.end();
  return Object.fromEntries(bands);
}

function readBand(name: string, json: unknown): Band {
  const band = JsonObject.of(name, json);
  const [low, high] = [band.requiredNumber('low'), band.requiredNumber('high')];
  band.end();
  return Band.between(low, high);
}

function seconds(time: Duration): number {
  return time.toMilliseconds() / 1000;
}
