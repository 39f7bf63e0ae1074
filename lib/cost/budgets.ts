import { Facts } from '../facts';
import { type Bill, totalOf } from './bill';
import type { BillLine } from './bill-line';
import { explorerService } from './explorer-services';
import type { Spread } from './spread';

/** What a budget looks at: the tag of cost allocation by which it knows what belongs to it. */
export interface CostTag {
  readonly key: string;
  /** Values, any of which counts. */
  readonly values: readonly string[];
}

/** What one service may cost in a month. */
export interface DerivedServiceBudget {
  /** Name of the service as Cost Explorer writes it. */
  readonly service: string;
  /** US dollars a month. */
  readonly monthlyLimit: number;
}

/** Amounts that a bill gives budgets and alarms. */
export interface DerivedBudgets {
  /** What all of it may cost: US dollars a month. */
  readonly monthlyLimit: number;
  /** Services that have a share worth watching, the dearest first. */
  readonly services: readonly DerivedServiceBudget[];
  /** What a million payments may cost: US dollars. */
  readonly perMillionPayments: number;
}

/** Digits of an amount that people set: two say all that an estimate knows. */
const DIGITS = 2;

/** The lines that carry a tag: what a budget that filters by it sees. What has no such tag, it does not see. */
export function linesTagged(bill: Bill, { key, values }: CostTag): BillLine[] {
  return bill.lines.filter(({ tags }) => values.includes(tags[key]));
}

/** US dollars of a month of those lines that Cost Explorer shows under a service. */
export function costOf(lines: readonly BillLine[], service?: string): Spread {
  return totalOf(service === undefined ? lines : lines.filter((line) => explorerService(line) === service));
}

/**
 * Budgets of what a tag marks in a bill. A limit is the high end of the bill, rounded up to two digits: a month within the bands of workload and
 * assumptions tells nobody anything, one beyond them does.
 *
 * @throws Error where nothing that costs anything carries the tag
 */
export function budgetsOf(bill: Bill, tag: CostTag, facts: Facts = Facts.DEFAULT): DerivedBudgets {
  const lines = linesTagged(bill, tag);
  const all = costOf(lines);
  if (all.high <= 0) {
    throw new Error(`\`tag\` must be one that resources which cost something carry, got: ${tag.key}=${tag.values.join(' or ')}`);
  }
  const services = [...new Set(lines.flatMap((line) => explorerService(line) ?? []))].map((service) => ({ service, usd: costOf(lines, service) }));
  return {
    monthlyLimit: roundedUp(all.high),
    services: services
      .filter(({ usd }) => usd.typical >= facts.number('target/cost.serviceBudgetShare') * all.typical)
      .sort((a, b) => b.usd.typical - a.usd.typical)
      .map(({ service, usd }) => ({ service, monthlyLimit: roundedUp(usd.high) })),
    // The dearest of the three cases: with few payments a million of them costs more.
    perMillionPayments: roundedUp(Math.max(...Object.values(bill.perMillion(all)))),
  };
}

/** The next larger number of two digits: 41,234 becomes 42,000. */
function roundedUp(value: number): number {
  const unit = 10 ** (Math.floor(Math.log10(value)) - DIGITS + 1);
  return Number((Math.ceil(value / unit) * unit).toPrecision(DIGITS));
}
