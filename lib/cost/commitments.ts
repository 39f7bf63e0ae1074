import type { Bill } from './bill';
import type { BillLine } from './bill-line';

/** What one plan of a committed bill covers, and when it pays. */
export interface CommitmentUse {
  /** Name of the plan, as lines have it. */
  readonly plan: string;
  /** US dollars of a month that are committed to. */
  readonly usd: number;
  /** US dollars of a month that the same would cost without it. */
  readonly withoutUsd: number;
  /** Share of what the plan could cover that it does cover, at the prices without it, from 0 to 1. */
  readonly coverage: number;
  /** Share of the commitment that the low end of the bill still uses, from 0 to 1: the rest would be paid for nothing. */
  readonly utilization: number;
  /** Share of the commitment that must be used for it to cost no more than paying for what is used, from 0 to 1. */
  readonly breakEven: number;
}

/** The plans of a bill with a commitment, the largest first; none of a bill without one. */
export function commitmentsOf(bill: Bill): CommitmentUse[] {
  const plans = [...new Set(bill.lines.flatMap(({ commitment }) => commitment ?? []))];
  return plans.map((plan) => useOf(plan, bill)).sort((a, b) => b.usd - a.usd);
}

function useOf(plan: string, bill: Bill): CommitmentUse {
  const committed = bill.lines.filter(({ commitment }) => commitment === plan);
  const same = new Set(committed.map(chargeOf));
  const coverable = bill.lines.filter((line) => same.has(chargeOf(line)));
  const usd = sum(committed, (line) => line.usd.typical);
  const withoutUsd = sum(committed, listed);
  return {
    plan,
    usd,
    withoutUsd,
    coverage: share(withoutUsd, sum(coverable, listed)),
    utilization: share(sum(committed, (line) => Math.min(line.usd.low, line.usd.typical)), usd),
    breakEven: share(usd, withoutUsd),
  };
}

/** What lines of one thing have in common, whichever part of it is committed. */
function chargeOf({ stack, logicalId, what }: BillLine): string {
  return `${stack} ${logicalId} ${what}`;
}

/** US dollars of a line without its commitment, with its discount. */
function listed({ usd, unitPrice, listUnitPrice, discount = 1 }: BillLine): number {
  return unitPrice === 0 ? 0 : usd.typical * listUnitPrice * discount / unitPrice;
}

function sum(lines: readonly BillLine[], of: (line: BillLine) => number): number {
  return lines.reduce((total, line) => total + of(line), 0);
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
