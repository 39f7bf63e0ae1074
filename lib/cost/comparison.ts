import type { Spread } from './spread';

/** One of several ways to have the same, with what a month of it costs. */
export interface ComparedOption {
  readonly name: string;
  /** US dollars of a month that AWS bills. */
  readonly billed: Spread;
  /** US dollars of a month for the work of people; all 0 where none is counted. */
  readonly work: Spread;
  /** Both together. */
  readonly total: Spread;
  /** How it is computed. */
  readonly why: string;
  /** What it costs in latency, risk or freedom. */
  readonly price: string;
}

/** Ways to have the same, the cheapest in the typical case first. */
export interface Comparison {
  readonly of: string;
  readonly options: readonly ComparedOption[];
  /** What the comparison rests on, one sentence each. */
  readonly notes: readonly string[];
}

/** Options in the order of their typical total. */
export function ranked(options: readonly ComparedOption[]): ComparedOption[] {
  return [...options].sort((a, b) => a.total.typical - b.total.typical);
}
