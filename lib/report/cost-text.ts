import type { BillLine, Spread } from '../cost';
import { formatNumber } from '../sizing';

const MILLION = 1e6;

/** US dollars as people write them in a bill: whole from a hundred on, cents below. */
export function money(usd: number): string {
  const amount = Math.abs(usd);
  const text = amount >= 100 ? Math.round(amount).toLocaleString('en-US') : amount.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  return `${usd < 0 && !/^0(\.00)?$/.test(text) ? '-' : ''}$${text}`;
}

/** US dollars of a million payments: four digits after the point. */
export function perMillion(usd: number): string {
  return `$${usd.toFixed(4)}`;
}

/** A change of money with its sign. */
export function signed(usd: number): string {
  return usd > 0 ? `+${money(usd)}` : money(usd);
}

/** A quantity of a month: millions and billions in short. */
export function quantityText(quantity: number): string {
  return quantity >= 1e9 ? `${formatNumber(quantity / 1e9, 4)} B` : quantity >= MILLION ? `${formatNumber(quantity / MILLION, 4)} M` : formatNumber(quantity, 4);
}

/** Low, typical and high as text. */
export function spreadText({ low, typical, high }: Spread, text: (usd: number) => string): readonly [string, string, string] {
  return [text(low), text(typical), text(high)];
}

/** `at least` before a total that something is missing from. */
export function atLeast(isAtLeast: boolean, text: string): string {
  return isAtLeast ? `at least ${text}` : text;
}

/** Where a price comes from, and how far it is to be trusted. */
export function priceText({ priceId, priceRegion, priceAsOf, priceConfidence, region, commitment }: BillLine): string {
  return [
    priceId,
    priceRegion === region || priceRegion === 'global' || priceRegion === 'all' ? priceRegion : `${priceRegion} stands in for ${region}`,
    priceAsOf ?? 'no date',
    priceConfidence,
    ...(commitment === undefined ? [] : [commitment]),
  ].join(', ');
}
