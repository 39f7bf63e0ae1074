import { canonicalNumber } from '../../canonical-number';
import { EngineError } from '../engine-error';

const SMALL_INTEGER = /^(?:0|-?[1-9]\d{0,14})$/;
const PLAIN_INTEGER = /^(?:0|-?[1-9]\d{0,37})$/;
const NUMBER = /^[+-]?(?:(\d+)\.?(\d*)|\.(\d+))(?:[eE]([+-]?\d+))?$/;
/** Digits that a number may have. */
const MAXIMUM_DIGITS = 38;
/** Power of ten of the first digit: the largest number is 9.99…E+125, the smallest above zero is 1E-130. */
const LARGEST_EXPONENT = 125;
const SMALLEST_EXPONENT = -130;

/**
 * A number of a request in the form in which it is stored.
 *
 * @throws EngineError when it is none, or has more digits or another magnitude than the service stores.
 */
export function checkedNumber(text: string): string {
  if (PLAIN_INTEGER.test(text)) {
    return text;
  }
  const match = NUMBER.exec(text);
  if (match === null) {
    throw EngineError.validation(`The parameter cannot be converted to a numeric value: ${text}`);
  }
  const whole = match[1] ?? '';
  const digits = whole + (match[2] ?? match[3] ?? '');
  const leadingZeros = /^0*/.exec(digits)?.[0].length ?? 0;
  const significant = digits.slice(leadingZeros).replace(/0+$/, '');
  if (significant === '') {
    return '0';
  }
  checkPrecision(significant.length);
  const exponent = whole.length - leadingZeros - 1 + Number(match[4] ?? 0);
  if (exponent > LARGEST_EXPONENT) {
    throw EngineError.validation('Number overflow. Attempting to store a number with magnitude larger than supported range');
  }
  if (exponent < SMALLEST_EXPONENT) {
    throw EngineError.validation('Number underflow. Attempting to store a number with magnitude smaller than supported range');
  }
  return canonicalNumber(text);
}

/** Order of two stored numbers: below, equal to or above 0. */
export function compareNumbers(left: string, right: string): number {
  if (SMALL_INTEGER.test(left) && SMALL_INTEGER.test(right)) {
    return Number(left) - Number(right);
  }
  const [first, second] = aligned(left, right);
  return first < second ? -1 : first > second ? 1 : 0;
}

/** Exact sum or difference of two stored numbers. @throws EngineError when the result cannot be stored */
export function calculate(left: string, operator: '+' | '-', right: string): string {
  if (SMALL_INTEGER.test(left) && SMALL_INTEGER.test(right)) {
    return String(operator === '+' ? Number(left) + Number(right) : Number(left) - Number(right));
  }
  const [first, second, decimals] = aligned(left, right);
  const result = operator === '+' ? first + second : first - second;
  const digits = (result < 0n ? -result : result).toString().padStart(decimals + 1, '0');
  const point = digits.length - decimals;
  return checkedNumber(`${result < 0n ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`);
}

function checkPrecision(digits: number): void {
  if (digits > MAXIMUM_DIGITS) {
    throw EngineError.validation(`Attempting to store more than ${MAXIMUM_DIGITS} significant digits in a Number`);
  }
}

/** Both numbers as whole multiples of one power of ten, and how many decimals that power has. */
function aligned(left: string, right: string): [bigint, bigint, number] {
  const decimals = Math.max(decimalsOf(left), decimalsOf(right));
  return [scaled(left, decimals), scaled(right, decimals), decimals];
}

function decimalsOf(number: string): number {
  const point = number.indexOf('.');
  return point < 0 ? 0 : number.length - point - 1;
}

function scaled(number: string, decimals: number): bigint {
  return BigInt(number.replace('.', '') + '0'.repeat(decimals - decimalsOf(number)));
}
