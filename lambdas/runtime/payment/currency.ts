import { minorUnits } from './currency-codes.json';

const MINOR_UNITS: ReadonlyMap<string, number> = new Map(Object.entries(minorUnits));

/** The one that was asked for last and is one: most payments of a batch have the same. */
let codeBefore: string | undefined;

/**
 * Whether a text is the alphabetic code of a currency that payments can be made in: an active code of ISO 4217, in capitals.
 *
 * The codes to which ISO 4217 gives no minor unit (precious metals, accounting units, the test code XTS and XXX for "no currency")
 * are not among them, because an amount in minor units means nothing there. The list and its date: currency-codes.json.
 */
export function isCurrency(code: string): boolean {
  if (code === codeBefore) {
    return true;
  }
  const isKnown = MINOR_UNITS.has(code);
  codeBefore = isKnown ? code : codeBefore;
  return isKnown;
}

/** Digits after the decimal point of a currency's major unit: 2 for EUR, 0 for JPY. Undefined for what `isCurrency` denies. */
export function minorUnitDigits(code: string): number | undefined {
  return MINOR_UNITS.get(code);
}
