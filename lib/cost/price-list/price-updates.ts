import type { Facts } from '../../facts';
import { unitsOf } from '../meters';
import { product } from '../money';
import type { Offer, OfferProduct, OfferStep } from './offer-file';
import { priceSelectors, type PriceSelector } from './price-selectors';

/** A price of ours beside that of AWS's price list. */
export interface PriceUpdate {
  readonly id: string;
  /** Unit of both. */
  readonly unit: string;
  readonly old: number;
  readonly new: number;
  /** By how much the new one is more, as a share of the old one: 0.1 for ten percent. Infinity where the old one is 0. */
  readonly change: number;
  /** Service code of the price list. */
  readonly service: string;
  /** Day of its publication. */
  readonly published: string;
  /** Whether it differs by so much that the list states it in another unit, rather than at another price. */
  readonly doubtful: boolean;
}

/** A price that a price list does not tell. */
export interface MissingPrice {
  readonly id: string;
  readonly service: string;
  readonly why: string;
}

/** What price lists say of our prices. */
export interface PriceComparison {
  readonly region: string;
  /** Prices that differ, the largest change first. */
  readonly changed: readonly PriceUpdate[];
  /** Prices that are the same. */
  readonly same: readonly PriceUpdate[];
  readonly missing: readonly MissingPrice[];
}

/** Code of a region before a usage type: `USE1-`, `EU-`, and for KMS `us-east-1-`. Lists of us-east-1 leave it out more often than not. */
const REGION_PREFIX = /^(?:(?:[A-Z]{2,4}\d|EU)-|[a-z]{2}(?:-[a-z]+)+-\d-)/;

/**
 * Compares the prices that facts hold for their region with those of price lists of that region.
 *
 * @param offers those that could be read; prices of other services are left out
 */
export function comparePrices(offers: readonly Offer[], facts: Facts): PriceComparison {
  const byService = new Map(offers.map((offer) => [offer.service, offer]));
  const updates: PriceUpdate[] = [];
  const missing: MissingPrice[] = [];
  for (const selector of priceSelectors(facts)) {
    const offer = byService.get(selector.service);
    if (offer !== undefined) {
      const steps = stepsFor(selector, offer, facts.region);
      if (typeof steps === 'string') {
        missing.push({ id: selector.id, service: selector.service, why: steps });
      } else {
        updates.push(...updatesOf(selector, steps, offer, facts));
      }
    }
  }
  const changed = updates.filter((it) => it.new !== it.old).sort((a, b) => Math.abs(b.change) - Math.abs(a.change) || (a.id < b.id ? -1 : 1));
  return { region: facts.region, changed, same: updates.filter((it) => it.new === it.old), missing };
}

/** The steps of the one price that a selector means, without free allowances; what is wrong in words where there is none. */
function stepsFor(selector: PriceSelector, offer: Offer, region: string): readonly OfferStep[] | string {
  const products = offer.products.filter((it) => fits(it, selector, region));
  // Products may differ in what does not matter here, such as the operation; at one price they are one.
  const priced = products.map(({ sku }) => offer.steps(sku).filter(({ usd }) => usd > 0)).filter((it) => it.length > 0);
  const prices = new Map(priced.map((it) => [JSON.stringify(it), it]));
  const [steps] = prices.values();
  if (steps === undefined) {
    return `no product with a price has the usage type ${selector.usageTypes.join(' or ')}`;
  }
  if (prices.size > 1) {
    return `${prices.size} products of the usage type ${selector.usageTypes.join(' or ')} differ in price`;
  }
  return selector.steps !== undefined && steps.length !== selector.steps ? `its price has ${steps.length} steps, not ${selector.steps}` : steps;
}

function fits({ family, attributes }: OfferProduct, selector: PriceSelector, region: string): boolean {
  const usageType = attributes.usagetype ?? '';
  return (selector.usageTypes.includes(usageType) || selector.usageTypes.includes(usageType.replace(REGION_PREFIX, '')))
    && (selector.family === undefined || family === selector.family)
    && (attributes.regionCode === undefined || attributes.regionCode === '' || attributes.regionCode === region)
    && Object.entries(selector.attributes ?? {}).every(([name, value]) => attributes[name] === value);
}

function updatesOf(selector: PriceSelector, steps: readonly OfferStep[], offer: Offer, facts: Facts): PriceUpdate[] {
  const update = (id: string, usd: (unit: string) => number): PriceUpdate => updateOf(id, usd, offer, facts);
  const first = (id: string): PriceUpdate => update(id, (unit) => product(steps[0].usd, unitsOf(unit)));
  if (selector.steps === undefined) {
    return [first(selector.id)];
  }
  return [
    // Some prices with steps have their first step without a number as well.
    ...(has(facts, selector.id) ? [first(selector.id)] : []),
    ...steps.flatMap((step, index) => {
      const id = `${selector.id}.tier${index + 1}`;
      return [update(id, (unit) => product(step.usd, unitsOf(unit))), ...(step.upTo === Infinity ? [] : [update(`${id}.upTo`, () => step.upTo)])];
    }),
  ];
}

function updateOf(id: string, value: (unit: string) => number, { service, published }: Offer, facts: Facts): PriceUpdate {
  const { unit } = facts.get(id);
  const [old, found] = [facts.number(id), value(unit)];
  const most = facts.number('target/cost.priceChangeMost');
  return {
    id, unit, old, new: found, change: found === old ? 0 : found / old - 1, service, published,
    doubtful: old > 0 && (found > old * most || found * most < old),
  };
}

function has(facts: Facts, id: string): boolean {
  return facts.list(id.split('/')[0]).some((fact) => fact.id === id);
}
