import { type FactConfidence, Facts, isStale } from '../facts';
import type { Bill } from './bill';
import { totalOf } from './bill';
import type { BillLine } from './bill-line';

/** A price of a bill that should be looked up again. */
export interface StalePrice {
  /** Fact id of the price. */
  readonly priceId: string;
  /** Region whose price it is. */
  readonly region: string;
  /** Date of its evidence; null where there is none. */
  readonly asOf: string | null;
  readonly confidence: FactConfidence;
  /** US dollars of a month that rest on it, typical. */
  readonly usd: number;
}

/**
 * The prices of a bill whose evidence has no date or is older than `target/cost.priceAgeDays`, those that the most money rests on first. A price
 * that the user states is theirs to know, and does not age.
 *
 * @param today the day to count from, in UTC
 */
export function stalePricesOf(bill: Bill, today: Date, facts: Facts = Facts.DEFAULT): StalePrice[] {
  const days = facts.number('target/cost.priceAgeDays');
  const groups = new Map<string, BillLine[]>();
  for (const line of bill.lines) {
    if (line.usd.high > 0 && isStale({ asOf: line.priceAsOf, confidence: line.priceConfidence }, days, today)) {
      const key = `${line.priceId}\n${line.priceRegion}`;
      groups.set(key, [...groups.get(key) ?? [], line]);
    }
  }
  return [...groups.values()].map((lines) => {
    const [{ priceId, priceRegion, priceAsOf, priceConfidence }] = lines;
    return { priceId, region: priceRegion, asOf: priceAsOf, confidence: priceConfidence, usd: totalOf(lines).typical };
  }).sort((a, b) => b.usd - a.usd || (a.priceId < b.priceId ? -1 : 1));
}
