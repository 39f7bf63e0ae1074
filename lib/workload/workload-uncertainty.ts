import { Band } from './band';

/**
 * How far the stated numbers may be off. Each band must hold the number that is stated (or its default), which counts as the most likely one.
 * Where there is any band, sizes are those of the plan that is regretted least over many draws from all bands.
 */
export interface WorkloadUncertainty {
  /** Of `peak`, in payments per second; users, where the peak is stated by them, vary with it. */
  readonly peak?: Band;
  /**
   * Of `average`, in payments per second.
   *
   * @default - the average keeps its share of the peak
   */
  readonly average?: Band;
  /** Of `payload.mean`, in bytes; the 99th percentile keeps its ratio to the mean. */
  readonly payloadMeanBytes?: Band;
  /** Of the exponent of `keySkew`. */
  readonly keySkewExponent?: Band;
  /** Of `paymentsPerRequest`. Fewer payments in a request are more work. */
  readonly paymentsPerRequest?: Band;
  /** Of `refundShare`. */
  readonly refundShare?: Band;
  /** Of `clientRetryShare`. */
  readonly clientRetryShare?: Band;
  /** Of `readsPerPayment`. */
  readonly readsPerPayment?: Band;
  /** Of the share a year of `growth`. */
  readonly growthPerYear?: Band;
}

/** Name of a number that can have a band. */
export type UncertainField = keyof WorkloadUncertainty;

/** All of them, in a fixed order. */
export const UNCERTAIN_FIELDS: readonly UncertainField[] = [
  'peak', 'average', 'payloadMeanBytes', 'keySkewExponent', 'paymentsPerRequest', 'refundShare', 'clientRetryShare', 'readsPerPayment', 'growthPerYear',
];

/** Whether more of a number means less to do. */
export function isRelief(field: UncertainField): boolean {
  return field === 'paymentsPerRequest';
}

/** How far up in its band a draw of a field lies, as a share of all cases; the same for every workload, so that a cell and the whole see the same. */
export function drawnShare(field: UncertainField, index: number): number {
  return uniform(`${field}#${index}`);
}

/** A number from 0 to 1 that looks random and follows from a text: its FNV-1a hash, whose bits are then mixed as MurmurHash3 does at its end. */
function uniform(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 0x1_0000_0000;
}
