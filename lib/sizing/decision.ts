import { Fact, Facts } from '../facts';
import { formatNumber, formatShare } from './format';

/** What a decision settles on. */
export type DecisionValue = number | string | boolean;

/** Something else that could have been chosen. */
export interface RejectedOption {
  /** The option, e.g. `on-demand capacity` or `9 shards`. */
  readonly option: string;
  /** Why it loses, with its figure. */
  readonly because: string;
}

/** How much of a limit of AWS a decision uses. */
export interface QuotaUse {
  /** Fact id of the quota. */
  readonly id: string;
  readonly value: number;
  /** What this one resource uses of it. */
  readonly used: number;
  /** Whether AWS raises it on request. */
  readonly adjustable: boolean;
  /** Code in the Service Quotas console, where known. */
  readonly code?: string;
  /** True where everything in the account and region shares it; else each resource has its own. */
  readonly shared?: boolean;
}

/** Values that AWS or arithmetic does not allow to leave. */
export interface HardLimits {
  readonly minimum?: number;
  readonly maximum?: number;
  /** What sets them. */
  readonly because: string;
}

/** The values of a decision at the two ends of the workload's bands. */
export interface DecisionBand {
  /** Where the system has least to do. */
  readonly low: DecisionValue;
  /** Where it has most to do. */
  readonly high: DecisionValue;
}

/** One derived value and everything that led to it. */
export interface Decision {
  /** What it belongs to: `stream`, `worker`, … when sized, the path of the construct once one stands on it. */
  readonly path: string;
  /** Property that it sets, e.g. `shards`. */
  readonly name: string;
  readonly value: DecisionValue;
  /** Unit of the value; empty for texts and flags. */
  readonly unit: string;
  /** The calculation with the numbers in it. */
  readonly formula: string;
  /** The numbers that went in, by name and unit. */
  readonly inputs: { readonly [name: string]: number | string };
  /** What held the value where it is, in words. */
  readonly binding: string;
  readonly rejected: readonly RejectedOption[];
  /** Share of the value that the peak leaves unused; negative where an override is below the need. */
  readonly headroom?: number;
  readonly quota?: QuotaUse;
  /** Only where the workload has bands and they move the value. */
  readonly band?: DecisionBand;
  /** Ids of the facts in it. */
  readonly facts: readonly string[];
  readonly origin: 'derived' | 'override';
  /** What the peak uses, in the unit of the value; headroom is 1 - demand / value. */
  readonly demand?: number;
  readonly limits?: HardLimits;
  /** The derived value that an override took the place of. */
  readonly derived?: DecisionValue;
}

/** What a sizing function states about a decision; the rest follows. */
export interface DecisionProps {
  readonly path: string;
  readonly name: string;
  readonly value: DecisionValue;
  readonly unit?: string;
  readonly formula: string;
  readonly inputs: { readonly [name: string]: number | string };
  readonly binding: string;
  readonly rejected?: readonly RejectedOption[];
  readonly demand?: number;
  readonly quota?: QuotaUse;
  readonly facts?: readonly string[];
  readonly limits?: HardLimits;
}

/** What the bands of a workload add to a decision. */
export interface DecisionInBandProps {
  readonly band: DecisionBand;
  readonly binding: string;
  /** Further options that lose. */
  readonly rejected: readonly RejectedOption[];
  /** Demand at the stated numbers. */
  readonly demand?: number;
  /** Further facts. */
  readonly facts: readonly string[];
}

/** Builds, finds and changes decisions. They are plain values: nothing here changes one in place. */
export const Decision = {
  /** A derived decision. */
  derive(props: DecisionProps): Decision {
    const { demand, quota, limits } = props;
    return {
      path: props.path,
      name: props.name,
      value: props.value,
      unit: props.unit ?? '',
      formula: props.formula,
      inputs: Object.fromEntries(Object.entries(props.inputs).map(([name, value]) => [name, typeof value === 'number' ? stable(value) : value])),
      binding: props.binding,
      rejected: props.rejected ?? [],
      ...(demand !== undefined && { headroom: headroomOf(demand, props.value) }),
      ...(quota !== undefined && { quota: { ...quota, used: stable(quota.used) } }),
      facts: [...new Set(props.facts)],
      origin: 'derived',
      ...(demand !== undefined && { demand }),
      ...(limits !== undefined && { limits }),
    };
  },

  /**
   * Puts a stated value in the place of the derived one, keeps that in `derived`, and computes headroom and quota use anew. A value below the
   * need is allowed and shows as negative headroom.
   *
   * @throws Error for a value beyond a hard limit, or of another type than the derived one
   */
  override(decision: Decision, value: DecisionValue): Decision {
    if (typeof value !== typeof decision.value) {
      throw new Error(`\`${decision.name}\` must be a ${typeof decision.value}, got: ${String(value)}`);
    }
    const derived = decision.derived ?? decision.value;
    if (typeof value === 'number') {
      requireWithin(decision, value);
    }
    const headroom = decision.demand === undefined ? undefined : headroomOf(decision.demand, value);
    const quota = decision.quota === undefined ? undefined : rescale(decision.quota, decision.value, value);
    return {
      ...decision,
      value,
      derived,
      origin: 'override',
      formula: `${valueText(value)} as stated; derived: ${derivedFormula(decision)}`,
      binding: overrideBinding(headroom),
      ...(headroom !== undefined && { headroom }),
      ...(quota !== undefined && { quota }),
    };
  },

  /**
   * A decision that was taken for one draw from the bands of a workload: told with the band of its value, and with the headroom that it leaves at
   * the stated numbers.
   */
  inBand(decision: Decision, props: DecisionInBandProps): Decision {
    const demand = props.demand ?? decision.demand;
    return {
      ...decision,
      band: props.band,
      binding: props.binding,
      rejected: [...decision.rejected, ...props.rejected],
      facts: [...new Set([...decision.facts, ...props.facts])],
      ...(demand !== undefined && { demand, headroom: headroomOf(demand, decision.value) }),
    };
  },

  /** The same decision as part of a construct. */
  withPath(decision: Decision, path: string): Decision {
    return { ...decision, path };
  },

  /**
   * The decision of a name.
   *
   * @throws Error when there is none
   */
  find(decisions: readonly Decision[], name: string): Decision {
    const found = decisions.find((it) => it.name === name);
    if (found === undefined) {
      throw new Error(`there is no decision '${name}'; there are ${decisions.map((it) => `'${it.name}'`).join(', ')}`);
    }
    return found;
  },

  /**
   * The decisions with one of them overridden.
   *
   * @throws Error when there is none of that name, or as `override` does
   */
  replace(decisions: readonly Decision[], name: string, value: DecisionValue): Decision[] {
    const target = Decision.find(decisions, name);
    return decisions.map((it) => (it === target ? Decision.override(it, value) : it));
  },
};

/** The use of a quota, with what the facts know of it. */
export function quotaUse(facts: Facts, id: string, used: number): QuotaUse {
  const fact: Fact = facts.get(id);
  return {
    id,
    value: facts.number(id),
    used,
    adjustable: fact.adjustable ?? false,
    ...(fact.quotaCode !== undefined && { code: fact.quotaCode }),
    ...(fact.shared === true && { shared: true }),
  };
}

function headroomOf(demand: number, value: DecisionValue): number {
  return typeof value === 'number' && value > 0 ? Math.round(10_000 * (1 - demand / value)) / 10_000 : 0;
}

/** Nine significant digits: what is published must not hang on the last bit of a logarithm. */
function stable(value: number): number {
  return Number(value.toPrecision(9));
}

function requireWithin(decision: Decision, value: number): void {
  const minimum = decision.limits?.minimum ?? -Infinity;
  const maximum = decision.limits?.maximum ?? Infinity;
  if (value >= minimum && value <= maximum) {
    return;
  }
  const bound = !Number.isFinite(maximum) ? `at least ${minimum}`
    : !Number.isFinite(minimum) ? `at most ${maximum}`
    : `between ${minimum} and ${maximum}`;
  throw new Error(`\`${decision.name}\` must be ${bound}, got: ${value} (${decision.limits?.because ?? 'it is no number'})`);
}

function rescale(quota: QuotaUse, from: DecisionValue, to: DecisionValue): QuotaUse {
  return typeof from === 'number' && typeof to === 'number' && from > 0 ? { ...quota, used: stable(quota.used * to / from) } : quota;
}

function derivedFormula(decision: Decision): string {
  const marker = '; derived: ';
  const at = decision.formula.indexOf(marker);
  return decision.origin === 'override' && at >= 0 ? decision.formula.slice(at + marker.length) : decision.formula;
}

function overrideBinding(headroom: number | undefined): string {
  if (headroom !== undefined && headroom < 0) {
    return `stated; the peak needs ${formatShare(-headroom)} more`;
  }
  return 'stated';
}

function valueText(value: DecisionValue): string {
  return typeof value === 'number' ? formatNumber(value) : String(value);
}
