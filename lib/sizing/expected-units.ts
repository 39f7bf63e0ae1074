import { PayloadSize } from '../workload';
import { clamp } from './arithmetic';

/** Quantile of the standard normal distribution at 99 %. */
const Z99 = 2.3263478740408408;
/** Beyond this the sum of probabilities changes by less than 1e-12. */
const NEGLIGIBLE = 1e-12;
const LARGEST_UNITS = 10_000;

/**
 * E[ceil(X / unit)]: the units that an item takes in the mean when each is rounded up by itself. `ceil` of the mean size would give too few:
 * at a mean just below the unit, a good part of the items is above it.
 *
 * X = max(payload + offset, minimum), the payload being lognormal with the stated mean and 99th percentile.
 *
 * @param offset bytes that an item has more (or fewer, if negative) than the payload
 * @param minimum bytes that an item has at least
 */
export function expectedUnits(payload: PayloadSize, offset: number, minimum: number, unit: number): number {
  // E[ceil(X / u)] = P(X > 0) + P(X > u) + P(X > 2u) + …
  let units = 0;
  for (let k = 0; k < LARGEST_UNITS; k++) {
    const bound = k * unit;
    const probability = minimum > bound ? 1 : shareAbove(payload, bound - offset);
    if (probability < NEGLIGIBLE) {
      break;
    }
    units += probability;
  }
  return units;
}

/** Share of payloads larger than a size. */
export function shareAbove(payload: PayloadSize, bytes: number): number {
  if (bytes <= 0) {
    return 1;
  }
  const { mu, sigma } = lognormal(payload);
  if (sigma === 0) {
    return Math.exp(mu) > bytes ? 1 : 0;
  }
  return 1 - standardNormal((Math.log(bytes) - mu) / sigma);
}

/**
 * Parameters of the lognormal distribution with a mean and a 99th percentile: ln(p99 / mean) = z σ - σ² / 2, of which the smaller root is the
 * one with the lighter tail. A ratio above e^(z² / 2) = 15 has none; σ = z then comes closest.
 */
function lognormal(payload: PayloadSize): { mu: number; sigma: number } {
  const ratio = Math.log(payload.p99Bytes / payload.meanBytes);
  const sigma = Z99 - Math.sqrt(Math.max(0, Z99 * Z99 - 2 * ratio));
  return { mu: Math.log(payload.meanBytes) - sigma * sigma / 2, sigma };
}

/** Distribution function of the standard normal distribution: Abramowitz and Stegun 26.2.17, absolute error below 7.5e-8. */
function standardNormal(z: number): number {
  const x = Math.abs(z);
  const t = 1 / (1 + 0.2316419 * x);
  const polynomial = t * (0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const upper = Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI) * polynomial;
  return clamp(z >= 0 ? 1 - upper : upper, 0, 1);
}
