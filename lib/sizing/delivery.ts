import { Facts } from '../facts';
import { Workload } from '../workload';

/** Percentiles of the delivery time that are known. */
const KNOWN_PERCENTILES = [50, 90, 99];

/** Id of the fact that tells how long a record takes from the stream to the function, at the percentile of the settle target. */
export function deliveryFact(workload: Workload, enhancedFanOut: boolean): string {
  const { percentile } = workload.latencyTarget.settle;
  // Beyond the 99th percentile nothing was measured, so that stands in.
  const known = KNOWN_PERCENTILES.find((it) => it >= percentile) ?? KNOWN_PERCENTILES[KNOWN_PERCENTILES.length - 1];
  return `lambda-esm/kinesis.${enhancedFanOut ? 'efo' : 'standard'}.p${known}`;
}

/** Time from the stream to the function at the percentile of the settle target. */
export function deliveryMilliseconds(workload: Workload, facts: Facts, enhancedFanOut: boolean): number {
  return facts.number(deliveryFact(workload, enhancedFanOut));
}
