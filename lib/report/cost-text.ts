import type { Bill, BillLine, Spread, StalePrice } from '../cost';
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

/** What a line is for, with the step of its price and what lowers it. */
export function whatText({ what, tier, commitment, discount }: BillLine): string {
  return [
    what, ...(tier > 1 ? [`step ${tier}`] : []), ...(commitment === undefined ? [] : ['committed']), ...(discount === undefined ? [] : [`at ${discount} of the list price`]),
  ].join(', ');
}

/** How much of a bill rests on prices that are old or without a date. */
export function staleText(bill: Bill, stale: readonly StalePrice[]): string {
  const prices = new Set(bill.lines.map(({ priceId, priceRegion }) => `${priceId} ${priceRegion}`)).size;
  const usd = stale.reduce((sum, it) => sum + it.usd, 0);
  return `Warning: ${stale.length} of ${prices} prices, with ${money(usd)} of the month on them, are old or have no date; "cht prices refresh" compares them with AWS.`;
}
