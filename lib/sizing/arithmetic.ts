/** Relative slack below which two results of floating-point arithmetic count as the same. */
const EPSILON = 1e-9;

/** Rounds up, but takes 3.0000000001 for 3: a plan must not grow by one because of the last bit of a division. */
export function roundUp(value: number): number {
  return Math.ceil(value - EPSILON * Math.max(1, Math.abs(value)));
}

/** Rounds down, but takes 2.9999999999 for 3. */
export function roundDown(value: number): number {
  return Math.floor(value + EPSILON * Math.max(1, Math.abs(value)));
}

/** The value, but no less than the lower and no more than the upper bound; the lower one wins. */
export function clamp(value: number, lower: number, upper: number): number {
  return Math.max(lower, Math.min(upper, value));
}
