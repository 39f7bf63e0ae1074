/** Where random choices come from. A port, so that a run can be repeated. */
export interface RandomSource {
  /** Uniform in [0, 1). */
  next(): number;
}

/** Random numbers that nobody can repeat. */
export const unseededRandom: RandomSource = { next: Math.random };
