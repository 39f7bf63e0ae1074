import type { Facts } from '../facts';

/** Factors from 0 to 1 on list prices, by price id or by the beginning of price ids and a star. Of several that fit, the longest counts. */
export interface Discounts {
  readonly [priceId: string]: number;
}

/**
 * The factor on the list price of each price id; 1 where no discount fits.
 *
 * @throws Error for a factor out of range, an id that is no price, and a beginning that no price has
 */
export function discountsOn(discounts: Discounts, facts: Facts): (priceId: string) => number {
  const rules = Object.entries(discounts).map(([id, factor]) => {
    requireFactor(id, factor);
    requirePrice(id, facts);
    return { id, factor };
  }).sort((a, b) => b.id.length - a.id.length);
  return (priceId) => rules.find(({ id }) => (id.endsWith('*') ? priceId.startsWith(id.slice(0, -1)) : priceId === id))?.factor ?? 1;
}

function requireFactor(id: string, factor: unknown): void {
  if (!(typeof factor === 'number' && factor >= 0 && factor <= 1)) {
    throw new Error(`\`discounts\` must be factors between 0 and 1, got: ${JSON.stringify(factor)} for ${id}`);
  }
}

function requirePrice(id: string, facts: Facts): void {
  if (!id.endsWith('*')) {
    facts.price(id);
    return;
  }
  const start = id.slice(0, -1);
  if (!facts.list().some((fact) => fact.id.startsWith(start) && /^USD\b/.test(fact.unit))) {
    throw new Error(`\`discounts\` must name prices, got: ${id}, with which no price begins`);
  }
}
