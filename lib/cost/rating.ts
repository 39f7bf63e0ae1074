import type { Facts } from '../facts';
import type { TopologyResource } from '../topology';
import type { BillLine } from './bill-line';
import type { Charge } from './charge';
import { type Commitment, planTerms } from './commitment';
import { type MeterName, type PriceStep, meterOf, stepsOf } from './meters';
import { microUsd, product, usd } from './money';
import { CASES, type Case, spread, type Spread } from './spread';
import type { Stage } from './stage';

/** A charge with its quantity in each case. */
export interface SpreadCharge extends Omit<Charge, 'quantity'> {
  readonly quantity: Spread;
}

export interface RatingProps {
  readonly charges: readonly SpreadCharge[];
  /** Facts of the region of a resource. */
  factsFor(resource: TopologyResource): Facts;
  readonly commitment: Commitment;
  /** Factor on the list price of a price id; 1 where there is no discount. @default - list prices */
  discountOf?(priceId: string): number;
  stageOf(resource: TopologyResource): Stage;
  tagsOf(resource: TopologyResource): { readonly [key: string]: string };
}

/** The same charges in three cases, put together by resource and name. What a case does not have is 0 there. */
export function spreadCharges(cases: { readonly [name in Case]: readonly Charge[] }): SpreadCharge[] {
  const found = new Map<string, { charge: Charge; quantity: Record<Case, number> }>();
  // The typical case first: its words are the ones that are shown.
  for (const name of ['typical', ...CASES.filter((it) => it !== 'typical')] as const) {
    for (const charge of cases[name]) {
      const key = `${charge.resource.id}\n${charge.what}`;
      const known = found.get(key) ?? { charge, quantity: { low: 0, typical: 0, high: 0 } };
      known.quantity[name] += charge.quantity;
      found.set(key, known);
    }
  }
  return [...found.values()].map(({ charge, quantity }) => ({ ...charge, quantity: ordered(quantity) }));
}

/** More work may need less of something, such as fuller batches; low is still the least of the three and high the most. */
function ordered({ low, typical, high }: Spread): Spread {
  return { low: Math.min(low, typical, high), typical, high: Math.max(low, typical, high) };
}

/** Puts prices on charges. The steps of a price count what an account uses in a region; each charge has its share of each step. */
export function rate(props: RatingProps): BillLine[] {
  const groups = new Map<string, SpreadCharge[]>();
  for (const charge of props.charges) {
    const { account, region } = charge.resource.stack;
    const key = `${account}\n${region}\n${charge.meter}`;
    groups.set(key, [...groups.get(key) ?? [], charge]);
  }
  const lines = new Map<SpreadCharge, BillLine[]>();
  for (const group of groups.values()) {
    const steps = stepsOf(group[0].meter, props.factsFor(group[0].resource));
    const shares = perCase((name) => stepShares(group.map((it) => it.quantity[name]), steps));
    group.forEach((charge, index) => lines.set(charge, linesOf(charge, steps, (step) => spread((name) => shares[name][step][index]), props)));
  }
  return props.charges.flatMap((charge) => lines.get(charge)!);
}

function perCase<T>(of: (name: Case) => T): { readonly [name in Case]: T } {
  return { low: of('low'), typical: of('typical'), high: of('high') };
}

/** For each step the part of each quantity that falls into it. A lone quantity is cut exactly at the edges; several share a step evenly. */
export function stepShares(quantities: readonly number[], steps: readonly Pick<PriceStep, 'upTo'>[]): number[][] {
  const total = quantities.reduce((sum, it) => sum + it, 0);
  let from = 0;
  return steps.map(({ upTo }) => {
    const inStep = Math.max(0, Math.min(total, upTo) - from);
    from = Math.min(total, upTo);
    return quantities.map((quantity) => (quantity === total || inStep === total ? Math.min(quantity, inStep) : quantity * (inStep / total)));
  });
}

function linesOf(charge: SpreadCharge, steps: readonly PriceStep[], quantityIn: (step: number) => Spread, props: RatingProps): BillLine[] {
  const lines = steps.flatMap((step, index) => {
    const quantity = quantityIn(index);
    return partsOf(charge, props).flatMap(({ share, factor, name }) => {
      const part = spread((it) => quantity[it] * share);
      return part.high === 0 && part.typical === 0 ? [] : [lineOf(charge, step, index, part, factor * (charge.priceFactor ?? 1), name, props)];
    });
  });
  return lines.length > 0 ? lines : [lineOf(charge, steps[0], 0, { low: 0, typical: 0, high: 0 }, charge.priceFactor ?? 1, undefined, props)];
}

interface Part {
  readonly share: number;
  readonly factor: number;
  readonly name?: string;
}

/** What is committed and what is not. */
function partsOf({ commitment, resource }: SpreadCharge, props: RatingProps): Part[] {
  if (commitment === undefined || props.commitment === 'none' || commitment.steadyShare === 0) {
    return [{ share: 1, factor: 1 }];
  }
  const { name, factor } = planTerms(commitment.plan);
  return [
    { share: commitment.steadyShare, factor: factor(props.factsFor(resource), commitment.of), name },
    { share: 1 - commitment.steadyShare, factor: 1 },
  ].filter(({ share }) => share > 0);
}

function lineOf(
  charge: SpreadCharge, step: PriceStep, index: number, quantity: Spread, factor: number, commitment: string | undefined, props: RatingProps,
): BillLine {
  const { resource, what, kind, why, meter } = charge;
  const listed = step.price * factor;
  const discount = props.discountOf?.(step.fact.id) ?? 1;
  const price = discount === 1 ? listed : product(listed, discount);
  return {
    resource: resource.constructPath,
    logicalId: resource.logicalId,
    stack: resource.stack.displayName,
    region: resource.stack.region,
    type: resource.type,
    stage: props.stageOf(resource),
    what,
    quantity,
    unit: unitText(meter),
    priceId: step.fact.id,
    unitPrice: price / step.units,
    listUnitPrice: step.price * (charge.priceFactor ?? 1) / step.units,
    ...(discount !== 1 && {
      discount,
      discountUsd: spread((name) => usd(microUsd(quantity[name], listed, step.units) - microUsd(quantity[name], price, step.units))),
    }),
    tier: index + 1,
    priceRegion: step.fact.region,
    priceAsOf: step.fact.asOf,
    priceConfidence: step.fact.confidence,
    ...(commitment !== undefined && { commitment }),
    usd: spread((name) => usd(microUsd(quantity[name], price, step.units))),
    kind,
    why,
    tags: props.tagsOf(resource),
  };
}

function unitText(meter: MeterName): string {
  return meterOf(meter).unit;
}
