/**
 * An amount in three cases: the least that the bands of the workload and of the assumptions allow, what is stated, and the most. They are all of the
 * average rate; the stated peak decides sizes, not what a month uses.
 */
export interface Spread {
  readonly low: number;
  readonly typical: number;
  readonly high: number;
}

/** One of the three cases. */
export type Case = keyof Spread;

export const CASES: readonly Case[] = ['low', 'typical', 'high'];

/** The spread with the values that a function gives for each case. */
export function spread(of: (name: Case) => number): Spread {
  return { low: of('low'), typical: of('typical'), high: of('high') };
}

/** The sum of spreads, case by case. */
export function sumOf(parts: readonly Spread[]): Spread {
  return spread((name) => parts.reduce((sum, part) => sum + part[name], 0));
}
