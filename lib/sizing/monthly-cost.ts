import { Decision, RejectedOption } from './decision';
import { formatNumber, formatShare } from './format';

/** Hours of a month: a twelfth of 365 days, what the price calculators of AWS count with. */
export const HOURS_PER_MONTH = 730;
export const SECONDS_PER_MONTH = 3600 * HOURS_PER_MONTH;
/** Bytes of a billed GB, which the service terms of AWS define as a power of two. */
export const BILLED_GB = 1024 ** 3;

/** US dollars of a month of 730 hours. */
export interface MonthlyUsd {
  /** What is billed although no payment arrives. */
  readonly low: number;
  /** At the stated average rate. */
  readonly typical: number;
  /** When the stated peak lasts for the whole month. */
  readonly high: number;
}

/** An amount at no load, at the average rate and at the peak. */
export interface LoadRange {
  readonly low: number;
  readonly typical: number;
  readonly high: number;
}

/** One line of an estimate. */
export interface CostLine {
  readonly name: string;
  /** The calculation of the typical amount, with the numbers in it. */
  readonly formula: string;
  readonly monthlyUsd: MonthlyUsd;
}

/** A price up to a quantity of the month; the last tier has no bound. */
export interface PriceTier {
  readonly upTo: number;
  readonly usd: number;
}

/** The same amount at every load. */
export function constant(amount: number): LoadRange {
  return { low: amount, typical: amount, high: amount };
}

/** Capacity that is billed by the hour, whether it is used or not. */
export function hourlyLine(name: string, amount: number | LoadRange, usdPerHour: number): CostLine {
  const range = typeof amount === 'number' ? constant(amount) : amount;
  return {
    name,
    formula: `${formatNumber(range.typical)} ${name} x ${HOURS_PER_MONTH} h x ${dollars(usdPerHour)}`,
    monthlyUsd: scaled(range, HOURS_PER_MONTH * usdPerHour),
  };
}

/** Something that is kept all the month and billed by it. */
export function storedLine(name: string, amount: LoadRange, usdPerMonth: number): CostLine {
  return { name, formula: `${formatNumber(amount.typical)} ${name} x ${dollars(usdPerMonth)}`, monthlyUsd: scaled(amount, usdPerMonth) };
}

/** Something that is billed by its amount, stated in units a second at the average and at the peak. Nothing is billed without load. */
export function usageLine(
  name: string, perSecond: { readonly typical: number; readonly high: number }, price: number | readonly PriceTier[],
): CostLine {
  const amount = perSecond.typical * SECONDS_PER_MONTH;
  const usd = (quantity: number): number => (typeof price === 'number' ? quantity * price : tieredUsd(quantity, price));
  const text = typeof price === 'number' ? dollars(price) : `${dollars(amount === 0 ? price[0].usd : usd(amount) / amount)}`;
  return {
    name,
    formula: `${formatNumber(amount)} ${name} x ${text}`,
    monthlyUsd: { low: 0, typical: usd(amount), high: usd(perSecond.high * SECONDS_PER_MONTH) },
  };
}

/** What a quantity costs when its price falls in tiers. */
export function tieredUsd(quantity: number, tiers: readonly PriceTier[]): number {
  let from = 0;
  let usd = 0;
  for (const tier of tiers) {
    usd += Math.max(0, Math.min(quantity, tier.upTo) - from) * tier.usd;
    from = tier.upTo;
  }
  return usd;
}

/** What the lines of an estimate cost together. */
export function monthlyCost(lines: readonly CostLine[]): MonthlyUsd {
  const total = (at: keyof MonthlyUsd): number => lines.reduce((sum, line) => sum + line.monthlyUsd[at], 0);
  return { low: total('low'), typical: total('typical'), high: total('high') };
}

export interface CostDecisionProps {
  readonly path: string;
  /** @default 'monthlyUsd' */
  readonly name?: string;
  readonly lines: readonly CostLine[];
  /**
   * Other ways to have the same, with what they cost.
   *
   * @default - none
   */
  readonly rejected?: readonly RejectedOption[];
  readonly facts: readonly string[];
}

/** The typical cost of a month as a decision: what it consists of, and which part is the largest. */
export function costDecision(props: CostDecisionProps): Decision {
  const usd = monthlyCost(props.lines);
  const value = rounded(usd.typical);
  const largest = props.lines.reduce((most, line) => (line.monthlyUsd.typical > most.monthlyUsd.typical ? line : most));
  return Decision.derive({
    path: props.path,
    name: props.name ?? 'monthlyUsd',
    value,
    unit: 'USD/month',
    formula: `${props.lines.map((line) => line.formula).join(' + ')} = ${value}`,
    inputs: {
      withoutLoad: usd.low,
      atPeakAllMonth: usd.high,
      ...Object.fromEntries(props.lines.map((line) => [line.name, line.monthlyUsd.typical])),
    },
    binding: usd.typical > 0 ? `${largest.name}: ${formatShare(largest.monthlyUsd.typical / usd.typical)} of it` : 'nothing of it is billed',
    rejected: props.rejected,
    facts: props.facts,
  });
}

/** US dollars as people write them: whole from a hundred on, with as many digits as a unit price needs below. */
export function dollars(usd: number): string {
  if (usd !== 0 && Math.abs(usd) < 0.001) {
    return `$${formatNumber(1e6 * usd)}/M`;
  }
  return `$${formatNumber(usd, Math.abs(usd) >= 100 ? 1 : 3)}`;
}

function rounded(usd: number): number {
  return usd >= 100 ? Math.round(usd) : Math.round(100 * usd) / 100;
}

function scaled(amount: LoadRange, factor: number): MonthlyUsd {
  return { low: amount.low * factor, typical: amount.typical * factor, high: amount.high * factor };
}
