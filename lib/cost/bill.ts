import type { WorkloadJson } from '../workload';
import type { BillLine, UnpricedResource } from './bill-line';
import type { Commitment } from './commitment';
import { MICRO, usd } from './money';
import { type Case, spread, type Spread } from './spread';

const MILLION = 1e6;

/** What a bill is made of. */
export interface BillProps {
  readonly workload: WorkloadJson;
  readonly commitment: Commitment;
  /** Payments of a month. */
  readonly payments: Spread;
  readonly lines: readonly BillLine[];
  readonly unpriced: readonly UnpricedResource[];
}

/** A bill as JSON. */
export interface BillJson {
  readonly currency: 'USD';
  readonly workload: WorkloadJson;
  readonly commitment: Commitment;
  /** Whether something is unpriced, so that the totals are a lower bound. */
  readonly atLeast: boolean;
  readonly perMonth: Spread;
  readonly perMillionPayments: Spread;
  /** US dollars of a month that stated discounts take off; they are not in the totals any more. */
  readonly discount: Spread;
  readonly lines: readonly BillLine[];
  readonly unpriced: readonly UnpricedResource[];
}

/**
 * What an assembly costs in a month of 730 hours at the average rate of a workload, line by line. Sums are exact: each line is a whole number of
 * micro-dollars.
 */
export class Bill {
  readonly currency = 'USD';
  readonly workload: WorkloadJson;
  readonly commitment: Commitment;
  /** Payments of a month. */
  readonly payments: Spread;
  readonly lines: readonly BillLine[];
  /** Resources whose cost is not in the totals. */
  readonly unpriced: readonly UnpricedResource[];
  /** US dollars of a month. */
  readonly perMonth: Spread;
  /** US dollars of a million payments, each case over its own payments. */
  readonly perMillionPayments: Spread;

  constructor(props: BillProps) {
    this.workload = props.workload;
    this.commitment = props.commitment;
    this.payments = props.payments;
    this.lines = props.lines;
    this.unpriced = props.unpriced;
    this.perMonth = totalOf(props.lines);
    this.perMillionPayments = this.perMillion(this.perMonth);
  }

  /** Whether something is unpriced: the totals are then a lower bound, and are shown as "at least". */
  get atLeast(): boolean {
    return this.unpriced.length > 0;
  }

  /** US dollars of a month that stated discounts take off; all 0 where there is none. */
  get discount(): Spread {
    return totalOf(this.lines.flatMap(({ discountUsd }) => (discountUsd === undefined ? [] : [{ usd: discountUsd }])));
  }

  /** US dollars of a month for each stage of the system, the dearest first. */
  byStage(): ReadonlyMap<string, Spread> {
    return this.by(({ stage }) => stage);
  }

  /** US dollars of a month for each stack, the dearest first. */
  byStack(): ReadonlyMap<string, Spread> {
    return this.by(({ stack }) => stack);
  }

  /** US dollars of a month for each value of a cost allocation tag, the dearest first; what does not carry the tag is under an empty value. */
  byTag(key: string): ReadonlyMap<string, Spread> {
    return this.by(({ tags }) => tags[key] ?? '');
  }

  /** US dollars of a month for each value of something that lines have, the dearest first. */
  by(keyOf: (line: BillLine) => string): ReadonlyMap<string, Spread> {
    const groups = new Map<string, BillLine[]>();
    for (const line of this.lines) {
      const key = keyOf(line);
      const group = groups.get(key);
      if (group === undefined) {
        groups.set(key, [line]);
      } else {
        group.push(line);
      }
    }
    return new Map([...groups].map(([key, lines]) => [key, totalOf(lines)] as const).sort(([, a], [, b]) => b.typical - a.typical));
  }

  /** US dollars of a month as US dollars of a million payments. */
  perMillion(perMonth: Spread): Spread {
    return spread((name) => Math.round(perMonth[name] * MICRO / (this.payments[name] / MILLION)) / MICRO);
  }

  /** The lines that a text names: a construct path, the end of one, a logical id, or a CloudFormation type. */
  linesOf(text: string): BillLine[] {
    return this.lines.filter((line) => namedBy(line, text));
  }

  /** The unpriced resources that a text names, as `linesOf`. */
  unpricedOf(text: string): UnpricedResource[] {
    return this.unpriced.filter((it) => namedBy(it, text));
  }

  toJSON(): BillJson {
    const { currency, workload, commitment, atLeast, perMonth, perMillionPayments, discount, lines, unpriced } = this;
    return { currency, workload, commitment, atLeast, perMonth, perMillionPayments, discount, lines, unpriced };
  }
}

/** The sum of lines. Micro-dollars are whole numbers, which floating point adds without an error below nine billion dollars. */
export function totalOf(lines: readonly { readonly usd: Spread }[]): Spread {
  return spread((name: Case) => usd(lines.reduce((sum, line) => sum + Math.round(line.usd[name] * MICRO), 0)));
}

function namedBy({ resource, logicalId, type }: Pick<BillLine, 'resource' | 'logicalId' | 'type'>, text: string): boolean {
  return resource === text || resource.startsWith(`${text}/`) || logicalId === text || type === text
    || `/${resource}/`.includes(`/${text}/`);
}
