/**
 * A number above 0.
 *
 * @throws RangeError naming the option
 */
export function positive(name: string, value: number): number {
  if (!(value > 0)) {
    throw new RangeError(`\`${name}\` must be above 0, got: ${value}`);
  }
  return value;
}

/**
 * A number between two bounds, both allowed.
 *
 * @throws RangeError naming the option
 */
export function between(name: string, value: number, least: number, most: number): number {
  if (!(value >= least && value <= most)) {
    throw new RangeError(`\`${name}\` must be between ${least} and ${most}, got: ${value}`);
  }
  return value;
}

/**
 * A part of something: above 0 and at most the whole.
 *
 * @throws RangeError naming the option
 */
export function shareOf(name: string, value: number, whole = 1): number {
  if (!(value > 0 && value <= whole)) {
    throw new RangeError(`\`${name}\` must be above 0 and at most ${whole}, got: ${value}`);
  }
  return value;
}

/**
 * A whole number from a bound on.
 *
 * @throws RangeError naming the option
 */
export function wholeFrom(name: string, value: number, least: number): number {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new RangeError(`\`${name}\` must be a whole number of at least ${least}, got: ${value}`);
  }
  return value;
}

/**
 * A whole number between two bounds, both allowed; of whatever type the value says it is.
 *
 * @param most @default 2^53 - 1
 * @throws RangeError naming the option
 */
export function requireWholeNumber(name: string, value: unknown, least: number, most = Number.MAX_SAFE_INTEGER): asserts value is number {
  if (!Number.isSafeInteger(value) || (value as number) < least || (value as number) > most) {
    const text = typeof value === 'number' ? String(value) : JSON.stringify(value);
    throw new RangeError(`\`${name}\` must be a whole number between ${least} and ${most}, got: ${text}`);
  }
}
