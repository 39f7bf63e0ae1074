import { CacheAside, WriteThrough } from '../../../lambdas/runtime';

const table = new Map([['limit', 100]]);
const cache = new CacheAside<number>({ load: async (key) => table.get(key) ?? null, lifetimeMilliseconds: 60_000 });
const limits = new WriteThrough<number>({
  cache,
  write: async (key, value) => { table.set(key, value!); return value; },
});

export const answer = limits.put('limit', 250).then(() => [table.get('limit'), cache.get('limit')]); // [250,250]
