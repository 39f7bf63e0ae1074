/** A decimal number without rounding: `digits` x 10^-scale. */
interface Decimal {
  readonly digits: bigint;
  readonly scale: number;
}

const MICRO_DIGITS = 6;
/** Decimal digits that a double holds for certain (`DBL_DIG` of IEEE 754). */
const SURE_DIGITS = 15;
/** Micro-dollars of a US dollar. */
export const MICRO = 10 ** MICRO_DIGITS;

/**
 * What a quantity costs, in whole micro-dollars. Both numbers are taken as the decimals that they print as, so that 0.1 is a tenth; the product is
 * exact and rounded once, half away from zero.
 *
 * @param quantity 0 or more
 * @param price US dollars of so many units
 * @param units that the price is for: 1,000,000 where it is stated by the million
 * @throws Error for a quantity or a price that is not finite, or below 0
 */
export function microUsd(quantity: number, price: number, units: number = 1): number {
  const [amount, unitPrice, divisor] = [decimal('quantity', quantity), decimal('price', price), decimal('units', units)];
  // amount x price / units x 10^6, as one fraction.
  const numerator = amount.digits * unitPrice.digits * 10n ** BigInt(MICRO_DIGITS + divisor.scale);
  const denominator = divisor.digits * 10n ** BigInt(amount.scale + unitPrice.scale);
  return Number((2n * numerator + denominator) / (2n * denominator));
}

/** A price times a factor, without the digits that binary floating point adds: 0.1 at 0.9 is 0.09. */
export function product(price: number, factor: number): number {
  return Number((price * factor).toPrecision(SURE_DIGITS));
}

/** Micro-dollars as US dollars. */
export function usd(micro: number): number {
  return micro / MICRO;
}

/** The decimal that a number prints as. */
function decimal(name: string, value: number): Decimal {
  if (!(Number.isFinite(value) && value >= 0)) {
    throw new Error(`\`${name}\` must be a finite number of at least 0, got: ${value}`);
  }
  const [mantissa, exponent = '0'] = String(value).split('e');
  const [whole, fraction = ''] = mantissa.split('.');
  const digits = BigInt(whole + fraction);
  const scale = fraction.length - Number(exponent);
  return scale >= 0 ? { digits, scale } : { digits: digits * 10n ** BigInt(-scale), scale: 0 };
}
