/** Where every random choice of a mapping comes from. The live run and the simulator pass a seeded one, so that a run can be repeated. */
export interface RandomSource {
  /** The next number, uniform in [0, 1). */
  next(): number;
}

/**
 * A small, fast, seeded generator (mulberry32). The same seed gives the same numbers on every platform.
 * It is good enough for jitter and fault schedules, and not for cryptography.
 *
 * @param seed any integer; only its lowest 32 bits count
 */
export function seededRandom(seed: number): RandomSource {
  let state = seed >>> 0;
  return {
    next(): number {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
    },
  };
}
