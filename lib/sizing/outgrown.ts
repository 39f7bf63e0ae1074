import { Facts } from '../facts';
import { anniversary, dayNumber, dayText, GrowthModel } from '../workload';
import { Decision } from './decision';
import { GrowingPart } from './growing-parts';
import { quotaPlan, QuotaRaise } from './quota-plan';

/** When something comes about. */
export interface GrowthDay {
  /** Like `2027-11-01`. */
  readonly day: string;
  /** How many times the stated rates there are on that day. */
  readonly factor: number;
}

/** A size that the growth of its workload outgrows. */
export interface OutgrownSize extends GrowthDay {
  readonly path: string;
  readonly name: string;
  readonly unit: string;
  /** As deployed. */
  readonly now: number;
  /** What it would be sized to on that day: more than now, because the headroom is no longer what it should be. */
  readonly needed: number;
  /** When the peak alone needs all of it; absent where that is not known, or not within the time that was looked at. */
  readonly usedUp?: GrowthDay;
}

/** A quota that growth exceeds while the sizes follow it. */
export interface OutgrownQuota extends GrowthDay {
  readonly raise: QuotaRaise;
  /** Last day on which to ask for the raise, by the time that AWS takes for it; the first day of the forecast where that has passed. */
  readonly askBy: string;
}

/** A hard limit that growth runs into; from that day on there is no plan. */
export interface GrowthStop extends GrowthDay {
  /** The limit, and what to change. */
  readonly because: string;
}

/** The sizes of one decision on several days. */
export interface SizesOverTime {
  readonly path: string;
  readonly name: string;
  readonly unit: string;
  readonly now: number;
  /** One for each day of the forecast; null on a day for which there is no plan. */
  readonly values: readonly (number | null)[];
}

/** What the growth of a workload does to a system. */
export interface GrowthForecast {
  readonly from: string;
  readonly until: string;
  readonly growth: string;
  /** The days that `sizes` tells of. */
  readonly days: readonly GrowthDay[];
  /** Sizes that change within the time. */
  readonly sizes: readonly SizesOverTime[];
  /** The earliest first. */
  readonly outgrown: readonly OutgrownSize[];
  /** The earliest first. */
  readonly quotas: readonly OutgrownQuota[];
  readonly stop?: GrowthStop;
  /** What gives way first: the earliest of sizes used up, quotas and hard limits; absent where nothing does. */
  readonly bottleneck?: GrowthDay & { readonly what: string };
}

export interface ForecastProps {
  readonly growth: GrowthModel;
  /**
   * Last day that is looked at.
   *
   * @default - ten years after the rates were stated
   */
  readonly until?: string;
}

const YEARS = 10;
/** Plans that are compared first; between two of them the day is then found by halving. */
const MOST_SAMPLES = 120;
const MOST_DAYS_SHOWN = 6;

/**
 * On which day the sizes of a system no longer suffice, as they are deployed, and on which the quotas of its account.
 *
 * @throws Error for an `until` that is no day, or not after the day on which the rates were stated
 */
export function forecastGrowth(parts: readonly GrowingPart[], props: ForecastProps, facts: Facts = Facts.DEFAULT): GrowthForecast {
  const { growth } = props;
  const from = dayNumber('growth.from', growth.from);
  const until = props.until === undefined ? anniversary(from, YEARS) : dayNumber('until', props.until);
  if (!(until > from)) {
    throw new Error(`\`until\` must be after \`growth.from\` (${growth.from}), got: ${props.until}`);
  }
  const time = new Timeline(parts, facts, from, until);
  const at = (day: number): GrowthDay => ({ day: dayText(day), factor: growth.factorAt(dayText(day)) });

  const stop = time.stop();
  const outgrown = parts.flatMap((part) => part.decisions.flatMap((decision) => outgrownSize(part, decision, time, at)));
  const quotas = outgrownQuotas(time, at, from);
  const days = shownDays(from, until).map(at);
  const stopped = stop === undefined ? undefined : { ...at(stop.day), because: stop.because };
  return {
    from: growth.from,
    until: dayText(until),
    growth: String(growth),
    days,
    sizes: sizesOverTime(parts, time, days),
    outgrown: outgrown.sort(earlier),
    quotas: quotas.sort(earlier),
    ...(stopped !== undefined && { stop: stopped }),
    ...bottleneck(outgrown, quotas, stopped),
  };
}

/** The plans of a system over time, each made once. */
class Timeline {
  private readonly plans = new Map<number, ReadonlyMap<string, Decision> | Error>();
  private readonly samples: readonly number[];

  constructor(private readonly parts: readonly GrowingPart[], private readonly facts: Facts, from: number, until: number) {
    const step = Math.ceil((until - from) / MOST_SAMPLES);
    const samples: number[] = [];
    for (let day = from; day < until; day += step) {
      samples.push(day);
    }
    this.samples = [...samples, until];
  }

  /** The decision of a day that takes the place of a deployed one; none on a day whose workload is beyond a hard limit. */
  decision(day: number, deployed: Decision): Decision | undefined {
    const plan = this.plan(day);
    return plan instanceof Error ? undefined : plan.get(idOf(deployed));
  }

  /** Quotas that are exceeded on a day when every size is that of the day, or still as deployed where that is larger. */
  raises(day: number): readonly QuotaRaise[] {
    const deployed = this.parts.flatMap((part) => part.decisions);
    const decisions = deployed.map((now) => {
      const then = this.decision(day, now);
      return then?.quota !== undefined && now.quota !== undefined && then.quota.used > now.quota.used ? { ...now, quota: then.quota } : now;
    });
    return quotaPlan(decisions, this.facts).raises;
  }

  /** The first day of which something is true: the first of the samples, and then the first between it and the one before. */
  first(holds: (day: number) => boolean): number | undefined {
    const found = this.samples.findIndex(holds);
    if (found <= 0) {
      return found === 0 ? this.samples[0] : undefined;
    }
    let [before, after] = [this.samples[found - 1], this.samples[found]];
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      if (holds(middle)) {
        after = middle;
      } else {
        before = middle;
      }
    }
    return after;
  }

  stop(): { day: number; because: string } | undefined {
    const day = this.first((it) => this.plan(it) instanceof Error);
    return day === undefined ? undefined : { day, because: (this.plan(day) as Error).message };
  }

  private plan(day: number): ReadonlyMap<string, Decision> | Error {
    const known = this.plans.get(day) ?? this.make(dayText(day));
    this.plans.set(day, known);
    return known;
  }

  private make(day: string): ReadonlyMap<string, Decision> | Error {
    try {
      return new Map(this.parts.flatMap((part) => part.sizeAt(day)).map((it) => [idOf(it), it]));
    } catch (error) {
      return error as Error;
    }
  }
}

function idOf({ path, name }: Decision): string {
  return `${path}/${name}`;
}

function outgrownSize(part: GrowingPart, deployed: Decision, time: Timeline, at: (day: number) => GrowthDay): OutgrownSize[] {
  const { value: now, name, unit } = deployed;
  if (typeof now !== 'number') {
    return [];
  }
  const needs = (day: number): number => numberOf(time.decision(day, deployed));
  const day = time.first((it) => isSize(time.decision(it, deployed)) && needs(it) > now);
  if (day === undefined) {
    return [];
  }
  const usedUp = time.first((it) => (time.decision(it, deployed)?.demand ?? 0) > now);
  return [{
    path: part.path, name, unit, now, needed: needs(day), ...at(day), ...(usedUp !== undefined && { usedUp: at(usedUp) }),
  }];
}

/** Whether a decision sets something that can be too small; rates and times are not. */
function isSize(decision: Decision | undefined): boolean {
  return decision?.demand !== undefined || decision?.quota !== undefined;
}

function numberOf(decision: Decision | undefined): number {
  return typeof decision?.value === 'number' ? decision.value : Number.NaN;
}

function outgrownQuotas(time: Timeline, at: (day: number) => GrowthDay, from: number): OutgrownQuota[] {
  const ids = new Set<string>();
  time.first((day) => {
    time.raises(day).forEach(({ id }) => ids.add(id));
    return false;
  });
  return [...ids].map((id) => {
    const raiseOn = (day: number): QuotaRaise | undefined => time.raises(day).find((it) => it.id === id);
    const day = time.first((it) => raiseOn(it) !== undefined)!;
    const raise = raiseOn(day)!;
    return { ...at(day), raise, askBy: dayText(Math.max(from, day - raise.leadTimeDays)) };
  });
}

function sizesOverTime(parts: readonly GrowingPart[], time: Timeline, days: readonly GrowthDay[]): SizesOverTime[] {
  return parts.flatMap(({ path, decisions }) => decisions.flatMap((deployed) => {
    const values = days.map(({ day }) => {
      const value = numberOf(time.decision(dayNumber('day', day), deployed));
      return Number.isNaN(value) ? null : value;
    });
    const { name, unit, value: now } = deployed;
    const changes = values.some((value) => value !== null && value !== values[0]);
    return typeof now === 'number' && changes ? [{ path, name, unit, now, values }] : [];
  }));
}

function bottleneck(sizes: readonly OutgrownSize[], quotas: readonly OutgrownQuota[], stop: GrowthStop | undefined): Pick<GrowthForecast, 'bottleneck'> {
  const candidates = [
    ...(stop === undefined ? [] : [{ day: stop.day, factor: stop.factor, what: stop.because }]),
    ...quotas.map(({ day, factor, raise }) => ({ day, factor, what: `quota ${raise.id}` })),
    ...sizes.flatMap(({ path, name, usedUp }) => (usedUp === undefined ? [] : [{ ...usedUp, what: `${path}/${name}` }])),
  ];
  const first = candidates.sort(earlier)[0];
  return first === undefined ? {} : { bottleneck: first };
}

/** The first day, each year after it, and the last; of a long time only some years. */
function shownDays(from: number, until: number): number[] {
  const years: number[] = [];
  for (let year = 0; anniversary(from, year) < until; year++) {
    years.push(anniversary(from, year));
  }
  const step = Math.ceil(years.length / (MOST_DAYS_SHOWN - 1));
  return [...years.filter((_, index) => index % step === 0), until];
}

function earlier(one: GrowthDay, other: GrowthDay): number {
  return one.day < other.day ? -1 : one.day > other.day ? 1 : 0;
}
