import type { Bill } from './bill';
import { totalOf } from './bill';
import type { BillLine } from './bill-line';
import { MICRO } from './money';
import type { Spread } from './spread';
import type { Stage } from './stage';

/** What one charge of one resource cost before and costs after. */
export interface BillChange {
  readonly resource: string;
  readonly stack: string;
  readonly type: string;
  readonly stage: Stage;
  /** What is billed. */
  readonly what: string;
  readonly unit: string;
  readonly change: 'added' | 'removed' | 'changed';
  /** Typical quantity of a month; 0 where it was not there. */
  readonly quantityBefore: number;
  readonly quantityAfter: number;
  /** US dollars of a month, typical. */
  readonly usdBefore: number;
  readonly usdAfter: number;
  /** US dollars of a month more; negative for less. */
  readonly usd: number;
  /** Where the quantity comes from now; for what is gone, where it came from. */
  readonly why: string;
}

/** A difference of bills as JSON. */
export interface BillDiffJson {
  readonly currency: 'USD';
  /** Whether one of the bills is a lower bound. */
  readonly atLeast: boolean;
  readonly perMonth: { readonly before: Spread; readonly after: Spread };
  readonly perMillionPayments: { readonly before: Spread; readonly after: Spread };
  readonly changes: readonly BillChange[];
  /** Types that only the later bill does not price. */
  readonly newlyUnpriced: readonly string[];
}

/** How one bill differs from another. Charges are the same where stack, path and name are. */
export class BillDiff {
  /** The largest change first, up or down. */
  readonly changes: readonly BillChange[];

  constructor(readonly base: Bill, readonly head: Bill) {
    const [before, after] = [chargesOf(base), chargesOf(head)];
    this.changes = [...new Set([...before.keys(), ...after.keys()])]
      .map((key) => changeOf(before.get(key) ?? [], after.get(key) ?? []))
      .filter(({ usd, quantityBefore, quantityAfter, change }) => usd !== 0 || quantityBefore !== quantityAfter || change !== 'changed')
      .sort((a, b) => Math.abs(b.usd) - Math.abs(a.usd));
  }

  /** US dollars of a month more, typical; negative for less. */
  get usd(): number {
    return difference(this.base.perMonth.typical, this.head.perMonth.typical);
  }

  /** How much more that is, as a share of the base; Infinity where that cost nothing. */
  get share(): number {
    return this.usd === 0 ? 0 : this.usd / this.base.perMonth.typical;
  }

  /** Types that only the later bill does not price. */
  get newlyUnpriced(): readonly string[] {
    const known = new Set(this.base.unpriced.map(({ type }) => type));
    return [...new Set(this.head.unpriced.map(({ type }) => type))].filter((type) => !known.has(type));
  }

  toJSON(): BillDiffJson {
    const { base, head, changes, newlyUnpriced } = this;
    return {
      currency: 'USD',
      atLeast: base.atLeast || head.atLeast,
      perMonth: { before: base.perMonth, after: head.perMonth },
      perMillionPayments: { before: base.perMillionPayments, after: head.perMillionPayments },
      changes,
      newlyUnpriced,
    };
  }
}

/** Lines by what they are for; the steps of a price and what is committed belong together. */
function chargesOf(bill: Bill): Map<string, BillLine[]> {
  const charges = new Map<string, BillLine[]>();
  for (const line of bill.lines) {
    const key = `${line.stack}\n${line.resource}\n${line.what}`;
    const known = charges.get(key);
    if (known === undefined) {
      charges.set(key, [line]);
    } else {
      known.push(line);
    }
  }
  return charges;
}

function changeOf(before: readonly BillLine[], after: readonly BillLine[]): BillChange {
  const [line] = [...after, ...before];
  const [usdBefore, usdAfter] = [totalOf(before).typical, totalOf(after).typical];
  return {
    resource: line.resource,
    stack: line.stack,
    type: line.type,
    stage: line.stage,
    what: line.what,
    unit: line.unit,
    change: before.length === 0 ? 'added' : after.length === 0 ? 'removed' : 'changed',
    quantityBefore: quantityOf(before),
    quantityAfter: quantityOf(after),
    usdBefore,
    usdAfter,
    usd: difference(usdBefore, usdAfter),
    why: line.why,
  };
}

function quantityOf(lines: readonly BillLine[]): number {
  return lines.reduce((sum, { quantity }) => sum + quantity.typical, 0);
}

/** In whole micro-dollars, so that nothing is lost in the last bit. */
function difference(before: number, after: number): number {
  return (Math.round(after * MICRO) - Math.round(before * MICRO)) / MICRO;
}
