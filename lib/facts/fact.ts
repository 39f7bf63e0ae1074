/** A number, a text or a flag. */
export type FactValue = number | string | boolean;

/**
 * How far a fact can be trusted.
 *
 * - `high`: published by AWS, or two public sources agree.
 * - `medium`: one public source, or one measurement.
 * - `low`: old or unmeasured.
 * - `reported`: read in a text without an address.
 * - `knowledge`: no source at all; shown as an assumption wherever it decides something.
 * - `chosen`: a design target of this kit, not a property of the world.
 * - `stated`: given by the user.
 */
export type FactConfidence = 'high' | 'medium' | 'low' | 'reported' | 'knowledge' | 'chosen' | 'stated';

/** One row of the data files. `(service, key, region)` is unique. */
export interface FactRow {
  readonly service: string;
  readonly key: string;
  readonly value: FactValue;
  readonly unit: string;
  /** A region code, a comma list of them, `other` (every region without a row of its own), `all` or `global`. */
  readonly region: string;
  /** Date of the evidence: a day, a month or a year; null where there is none. */
  readonly asOf: string | null;
  readonly confidence: FactConfidence;
  /** Whether AWS raises it on request; absent for rows that are no limit. */
  readonly adjustable?: boolean;
  /** Code in the Service Quotas console, where known. */
  readonly quotaCode?: string;
  /** Whether a quota is shared by everything in an account and region; absent where each resource has its own. */
  readonly shared?: boolean;
  readonly note?: string;
  /** A public address, `owner/repository:path` or the place of a measurement; null where there is none. */
  readonly source: string | null;
}

/** A fact as it was read: the row, and for which region it stands in. */
export interface Fact extends FactRow {
  /** `service/key`. */
  readonly id: string;
  /** The region that was asked for. */
  readonly requestedRegion: string;
  /** True where no row covers the requested region and that of another region is used instead. */
  readonly fallback: boolean;
}

/** A value that the user states in place of the shipped one, with the reason. */
export interface StatedFact {
  readonly value: FactValue;
  /**
   * Why, e.g. which raise of a quota was granted.
   *
   * @default - none
   */
  readonly note?: string;
}

/** Values that take the place of shipped ones, by id, e.g. `{ 'kinesis/shardQuota.account': 5000 }`. */
export interface FactOverrides {
  readonly [id: string]: FactValue | StatedFact;
}

/** What AWS allows: a hard limit, or a quota that it raises on request. */
export interface Quota {
  readonly id: string;
  readonly value: number;
  readonly unit: string;
  /** False for a hard limit. */
  readonly adjustable: boolean;
  /** Whether everything in the account and region shares it. */
  readonly shared: boolean;
  /** `--quota-code` of Service Quotas; undefined where it is not known, and for hard limits. */
  readonly quotaCode?: string;
  /** `--service-code` of Service Quotas. */
  readonly serviceCode?: string;
}

/** Whether a decision that rests on this fact must show it as an assumption. */
export function isAssumption(fact: Fact): boolean {
  return fact.confidence === 'knowledge' || fact.confidence === 'reported' || fact.confidence === 'low';
}
