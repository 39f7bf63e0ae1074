import type { RandomSource } from '../../lib/event-source';
import { Facts } from '../../lib/facts';

/** Standard normal quantile of 99 %. */
const NORMAL_P99 = 2.326;

/** Mean time from a put to a consumer with enhanced fan-out, in milliseconds, as AWS states it. */
export const EFO_MEAN_MILLISECONDS = Facts.DEFAULT.number('kinesis/propagation.efo.avg');

/**
 * Draws how long a record is on its way from the stream to a consumer with enhanced fan-out, in whole milliseconds: log-normal around
 * the mean, with the spread (99th percentile over median) that was measured on AWS.
 *
 * @param meanMilliseconds 0 for no delay at all
 * @throws Error for a mean below 0
 */
export function propagationDelay(meanMilliseconds: number, random: RandomSource, facts: Facts = Facts.DEFAULT): () => number {
  if (!(meanMilliseconds >= 0 && meanMilliseconds < Infinity)) {
    throw new Error(`\`propagationMilliseconds\` must be at least 0 and finite, got: ${meanMilliseconds}`);
  }
  if (meanMilliseconds === 0) {
    return () => 0;
  }
  const sigma = Math.log(facts.number('lambda-esm/kinesis.efo.p99') / facts.number('lambda-esm/kinesis.efo.p50')) / NORMAL_P99;
  const mu = Math.log(meanMilliseconds) - (sigma * sigma) / 2;
  return () => Math.round(Math.exp(mu + sigma * normal(random)));
}

/** Normally distributed with mean 0 and variance 1 (Box and Muller). */
function normal(random: RandomSource): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}
