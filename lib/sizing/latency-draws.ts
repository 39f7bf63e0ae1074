/** Gives numbers between 0 and 1, both excluded. */
export type RandomSource = () => number;

/** Draws a time in milliseconds. */
export type TimeDraw = (random: RandomSource) => number;

const Z99 = 2.3263478740408408;
const TWO_TO_32 = 4_294_967_296;

/** The same numbers for the same seed, on every machine (mulberry32). */
export function seededSource(seed: number): RandomSource {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (((mixed ^ (mixed >>> 14)) >>> 0) + 0.5) / TWO_TO_32;
  };
}

/** A lognormal time through its median and 99th percentile. */
export function lognormal(p50: number, p99: number): TimeDraw {
  return slowestOf(1, p50, p99);
}

/** The slowest of several independent calls, each lognormal: one quantile at u^(1/calls). */
export function slowestOf(calls: number, p50: number, p99: number): TimeDraw {
  const sigma = Math.log(p99 / p50) / Z99;
  return (random) => p50 * Math.exp(sigma * normalQuantile(Math.pow(random(), 1 / calls)));
}

/** Any time up to a bound, all equally likely. */
export function upTo(bound: number): TimeDraw {
  return (random) => bound * random();
}

/** One time for a share of the payments, another for the others. */
export function oneOf(share: number, first: TimeDraw, second: TimeDraw): TimeDraw {
  return (random) => (random() < share ? first(random) : second(random));
}

/** An exponential time with a mean. */
export function exponential(mean: number): TimeDraw {
  return (random) => -mean * Math.log(random());
}

/** Always the same time. */
export function always(milliseconds: number): TimeDraw {
  return () => milliseconds;
}

/** The value that a share of sorted values does not exceed. */
export function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))];
}

/**
 * Quantile of the standard normal distribution, with a relative error below 1.2e-9 (Peter Acklam, An algorithm for computing the inverse normal
 * cumulative distribution function, 2003).
 */
export function normalQuantile(share: number): number {
  const low = 0.02425;
  if (share < low) {
    return tail(Math.sqrt(-2 * Math.log(share)));
  }
  if (share > 1 - low) {
    return -tail(Math.sqrt(-2 * Math.log(1 - share)));
  }
  const q = share - 0.5;
  const r = q * q;
  const numerator = ((((-3.969683028665376e+01 * r + 2.209460984245205e+02) * r - 2.759285104469687e+02) * r + 1.383577518672690e+02) * r
    - 3.066479806614716e+01) * r + 2.506628277459239e+00;
  const denominator = ((((-5.447609879822406e+01 * r + 1.615858368580409e+02) * r - 1.556989798598866e+02) * r + 6.680131188771972e+01) * r
    - 1.328068155288572e+01) * r + 1;
  return q * numerator / denominator;
}

function tail(q: number): number {
  const numerator = ((((-7.784894002430293e-03 * q - 3.223964580411365e-01) * q - 2.400758277161838e+00) * q - 2.549732539343734e+00) * q
    + 4.374664141464968e+00) * q + 2.938163982698783e+00;
  const denominator = (((7.784695709041462e-03 * q + 3.224671290700398e-01) * q + 2.445134137142996e+00) * q + 3.754408661907416e+00) * q + 1;
  return numerator / denominator;
}
