import type { RandomSource } from './random';

/** Bounds of the delay before a batch is tried again. */
export interface RetryBackoff {
  /** Longest delay after the first failure. */
  readonly baseMilliseconds: number;
  /** Longest delay after many failures. */
  readonly capMilliseconds: number;
}

/**
 * Exponential backoff with full jitter: uniform in [0, min(cap, base x 2^(failures - 1))).
 *
 * @param failures consecutive failures without progress, from 1
 * @returns whole milliseconds
 */
export function retryDelay(backoff: RetryBackoff, failures: number, random: RandomSource): number {
  // 2^32 is beyond every cap; the exponent is bounded so that endless retries never reach Infinity.
  const ceiling = Math.min(backoff.capMilliseconds, backoff.baseMilliseconds * 2 ** Math.min(failures - 1, 32));
  return Math.floor(random.next() * ceiling);
}

/**
 * Whether a batch may be tried again.
 *
 * @param attempts invocations of the batch that ended with a function error; throttles and splits are not among them
 * @param maximumRetryAttempts -1 for no bound
 */
export function mayRetry(attempts: number, maximumRetryAttempts: number): boolean {
  return maximumRetryAttempts < 0 || attempts <= maximumRetryAttempts;
}
