/** How much a plan is regretted. */
export interface RegretRule {
  /** How many times a dollar of missing capacity weighs one of idle capacity. */
  readonly shortfallWeight: number;
  /** Above 1, so that a large miss weighs more than many small ones of the same sum. */
  readonly exponent: number;
  /** Cost of the typical plan; costs are divided by it, so that the exponent acts on a share and not on a currency. Greater than 0. */
  readonly scale: number;
}

/** Cost of each capacity of a plan, in dollars an hour. Plans of one thing list their capacities in the same order. */
export type Costs = readonly number[];

/** A plan that was chosen among candidates. */
export interface Choice {
  /** Place of the plan in the list of candidates. */
  readonly index: number;
  /** Its regret. */
  readonly regret: number;
}

/**
 * Regret of a plan, in the mean over what may come: for each capacity what is spent too much, or what is missing times a weight, as a share of
 * the typical cost and to a power. The rule and its two parameters are those of Netflix's capacity planner (Netflix-Skunkworks/
 * service-capacity-modeling, `CapacityModel.regret`), which applies them to the whole spend in dollars a year.
 */
export function regretOf(plan: Costs, outcomes: readonly Costs[], rule: RegretRule): number {
  let sum = 0;
  for (const needed of outcomes) {
    for (let item = 0; item < Math.max(plan.length, needed.length); item++) {
      const excess = (plan[item] ?? 0) - (needed[item] ?? 0);
      if (excess !== 0) {
        sum += Math.pow((excess > 0 ? excess : -excess * rule.shortfallWeight) / rule.scale, rule.exponent);
      }
    }
  }
  return sum / outcomes.length;
}

/** The candidate that is regretted least; the first of several. */
export function leastRegret(candidates: readonly Costs[], outcomes: readonly Costs[], rule: RegretRule): Choice {
  let best: Choice = { index: 0, regret: Infinity };
  candidates.forEach((candidate, index) => {
    const regret = regretOf(candidate, outcomes, rule);
    if (regret < best.regret) {
      best = { index, regret };
    }
  });
  return best;
}

/** Whether no capacity of a plan lies outside of those of two others. */
export function liesBetween(plan: Costs, one: Costs, other: Costs): boolean {
  return plan.every((cost, item) => cost >= Math.min(one[item] ?? 0, other[item] ?? 0) && cost <= Math.max(one[item] ?? 0, other[item] ?? 0));
}
