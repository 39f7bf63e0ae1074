import { type Cache, KeyedTokenBuckets, LeasedTokenBuckets } from '../../../lambdas/runtime';

/** Limits of clients: at all processes together where there is a cache, shared out among them where there is none. */
function limiterOf(cache: Cache | undefined, processes: number): LeasedTokenBuckets | KeyedTokenBuckets {
  return cache === undefined ? new KeyedTokenBuckets({ processes }) : new LeasedTokenBuckets({ cache, processes });
}

const limiter = limiterOf(undefined, 4);
const waits = [limiter.take('client-1', 500, 1_000), limiter.take('client-1', 1, 1_000), limiter.take('client-2', 1, 1_000)];

export const answer = waits.map((wait) => wait === 0); // [true,false,true]
