import { Facts } from '../facts';
import { Workload } from '../workload';
import { Decision, DecisionValue } from './decision';
import { formatNumber, formatShare } from './format';
import { Costs, leastRegret, liesBetween, regretOf, RegretRule } from './least-regret';

/** What every sizing function gives. */
export interface Sized {
  readonly decisions: readonly Decision[];
}

/** An amount of capacity that is paid for, whether it is used or not. */
export interface CapacityItem {
  readonly amount: number;
  /** US dollars that one unit costs in an hour. */
  readonly unitCost: number;
  /** Ids of the price facts in the cost; decisions that the price had a part in name them. */
  readonly facts?: readonly string[];
}

const DRAWS = 'target/planning.draws';
const SHORTFALL_WEIGHT = 'target/planning.shortfallWeight';
const EXPONENT = 'target/planning.regretExponent';
/** Plans that are compared: one for each such step through the bands. */
const STEPS = 32;

/** A plan, and what its capacities cost. */
interface Candidate<S> {
  readonly sizing: S;
  /** How far up in the bands, as a share of all cases; absent for the stated numbers. */
  readonly share?: number;
  readonly costs: Costs;
  readonly total: number;
}

/**
 * Sizes a workload. Without bands this is the plan of `size`. With bands plans for points between the low and the high end of all bands are
 * compared, and the one is taken that is regretted least over many draws; its decisions tell the values at both ends. It never has less of any
 * capacity than the low end needs, nor more than the high end.
 *
 * @param size sizes a workload without bands
 * @param capacity what of a plan is paid for; without any the plan for the stated numbers is taken
 * @throws Error of `size`; where only a part of the bands cannot be sized, the message says so
 */
export function planned<S extends Sized>(
  workload: Workload,
  facts: Facts,
  size: (workload: Workload) => S,
  capacity: (sizing: S) => readonly CapacityItem[],
): S {
  if (!workload.isUncertain) {
    return size(workload);
  }
  const priced = (sizing: S, share?: number): Candidate<S> => {
    const costs = capacity(sizing).map(({ amount, unitCost }) => amount * unitCost);
    return { sizing, share, costs, total: costs.reduce((sum, cost) => sum + cost, 0) };
  };
  const typical = priced(size(workload.with({ uncertainty: undefined })));
  const candidates = Array.from({ length: STEPS + 1 }, (_, step) => step / STEPS).map((share) =>
    priced(within(workload, share, () => size(workload.quantile(share))), share));
  // Where nothing is paid for, nothing is regretted.
  const draws = typical.total === 0 ? 0 : facts.number(DRAWS);
  const outcomes = Array.from({ length: draws }, (_, index) => priced(within(workload, undefined, () => size(workload.draw(index)))).costs);
  const rule = { shortfallWeight: facts.number(SHORTFALL_WEIGHT), exponent: facts.number(EXPONENT), scale: typical.total };
  const chosen = choose(typical, candidates, outcomes, rule);
  const [low, high] = [candidates[0], candidates[STEPS]];
  const regrets = { typical: regretOf(typical.costs, outcomes, rule), chosen: regretOf(chosen.costs, outcomes, rule) };
  const prices = capacity(chosen.sizing).flatMap((it) => it.facts ?? []);
  const decisions = chosen.sizing.decisions.map((decision) => banded(decision, {
    typical: sameName(typical.sizing, decision),
    low: sameName(low.sizing, decision),
    high: sameName(high.sizing, decision),
    point: chosen.share === undefined ? 'the stated numbers' : `the ${formatShare(chosen.share)} point of the bands`,
    draws,
    regrets,
    facts: [DRAWS, SHORTFALL_WEIGHT, EXPONENT, ...prices],
  }));
  return { ...chosen.sizing, decisions };
}

/** The plan that is regretted least; that for the stated numbers where it comes to the same capacities, or nothing is paid for. */
function choose<S>(typical: Candidate<S>, candidates: readonly Candidate<S>[], outcomes: readonly Costs[], rule: RegretRule): Candidate<S> {
  if (outcomes.length === 0) {
    return typical;
  }
  const [low, high] = [candidates[0], candidates[candidates.length - 1]];
  const possible = candidates.filter((it) => liesBetween(it.costs, low.costs, high.costs));
  const best = possible[leastRegret(possible.map((it) => it.costs), outcomes, rule).index];
  return best.costs.join() === typical.costs.join() ? typical : best;
}

/** Runs a sizing, and tells of an error for which part of the bands it came. */
function within<T>(workload: Workload, share: number | undefined, size: () => T): T {
  try {
    return size();
  } catch (error) {
    const bands = Object.entries(workload.uncertainty).flatMap(([field, band]) => (band === undefined ? [] : [`${field} ${band}`]));
    const part = share === undefined ? 'at a draw from' : `${formatShare(share)} up in`;
    throw new Error(`${(error as Error).message}; this is ${part} the bands of \`uncertainty\` (${bands.join(', ')})`, { cause: error });
  }
}

interface BandOf {
  readonly typical: Decision | undefined;
  readonly low: Decision | undefined;
  readonly high: Decision | undefined;
  /** Where in the bands the plan stands, in words. */
  readonly point: string;
  readonly draws: number;
  readonly regrets: { readonly typical: number; readonly chosen: number };
  readonly facts: readonly string[];
}

/** The decision of the chosen plan, seen from the stated numbers: its band, its headroom at the stated peak, and the typical plan as an option. */
function banded(decision: Decision, { typical, low, high, point, draws, regrets, facts }: BandOf): Decision {
  if (low === undefined || high === undefined || (low.value === high.value && low.value === decision.value)) {
    return decision;
  }
  return Decision.inBand(decision, {
    band: { low: low.value, high: high.value },
    binding: `${decision.binding}; planned for ${point}${draws === 0 ? '' : `, which is regretted least over ${draws} draws`}`,
    rejected: typical === undefined || typical.value === decision.value ? [] : [{
      option: `${valueText(typical.value)}, the value for the stated numbers`,
      because: `its regret over the draws is ${formatNumber(regrets.typical)}, that of this plan ${formatNumber(regrets.chosen)}`,
    }],
    demand: typical?.demand,
    facts,
  });
}

function sameName(sizing: Sized, { path, name }: Decision): Decision | undefined {
  return sizing.decisions.find((it) => it.path === path && it.name === name);
}

function valueText(value: DecisionValue): string {
  return typeof value === 'number' ? formatNumber(value) : String(value);
}
