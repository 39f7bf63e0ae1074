/** One side of a comparison: it does the same work as the others, its own way. */
export interface Side {
  readonly name: string;
  /** What it is, for the reader of the report. */
  readonly description: string;
  /** Items of one round. A costly side may do fewer: figures are per item. */
  readonly itemsPerRound: number;
  /**
   * Does one round.
   *
   * @returns CPU time of the measured process in microseconds
   */
  round(items: number): Promise<number>;
}

/** The middle of several values, and the ends. */
export interface Spread {
  readonly median: number;
  readonly minimum: number;
  readonly maximum: number;
}

/** CPU time per item of every side, in microseconds: one entry a round, sides interleaved. */
export type Measurements = ReadonlyMap<string, readonly number[]>;

/** Fewest rounds whose median says something on a machine that does other things too. */
export const FEWEST_ROUNDS = 7;

/**
 * Runs the sides by turns, so that a busy moment of the machine meets all of them.
 *
 * @param warmUpRounds rounds of each side that do not count: the compiler's work belongs to no item
 */
export async function interleave(
  sides: readonly Side[], rounds: number, warmUpRounds: number, onRound: (text: string) => void,
): Promise<Measurements> {
  const measurements = new Map<string, number[]>(sides.map((side) => [side.name, []]));
  for (let round = -warmUpRounds; round < rounds; round++) {
    // Each round begins with another side: none always follows the costliest one.
    const first = (round + warmUpRounds) % sides.length;
    for (const side of [...sides.slice(first), ...sides.slice(0, first)]) {
      const microseconds = await side.round(side.itemsPerRound);
      if (round >= 0) {
        measurements.get(side.name)!.push(microseconds / side.itemsPerRound);
      }
    }
    onRound(round < 0 ? `warm-up ${round + warmUpRounds + 1} of ${warmUpRounds}` : `round ${round + 1} of ${rounds}`);
  }
  return measurements;
}

/**
 * Rounds put together in which each side had each place once: a side that comes after another may find the processor and its caches in another state,
 * and where only two sides take turns, half of the rounds would tell one order and half the other.
 *
 * @param sides number of sides, of which the number of rounds is a multiple
 */
export function rotations(measurements: Measurements, sides: number): Measurements {
  const together = (values: readonly number[]): number[] => Array.from({ length: values.length / sides }, (_, rotation) =>
    values.slice(rotation * sides, (rotation + 1) * sides).reduce((sum, value) => sum + value, 0) / sides);
  return new Map([...measurements].map(([name, values]) => [name, together(values)]));
}

/** Median, smallest and largest. @throws Error without values */
export function spread(values: readonly number[]): Spread {
  if (values.length === 0) {
    throw new Error('`values` must hold at least one value, got: none');
  }
  const sorted = [...values].sort((left, right) => left - right);
  const middle = sorted.length / 2;
  const median = sorted.length % 2 === 1 ? sorted[Math.floor(middle)] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median, minimum: sorted[0], maximum: sorted[sorted.length - 1] };
}

/** How many times the CPU time of one side another one takes, round by round: above 1 means that `ours` is cheaper. */
export function ratio(measurements: Measurements, other: string, ours: string): Spread {
  const mine = measurements.get(ours)!;
  return spread(measurements.get(other)!.map((value, round) => value / mine[round]));
}
