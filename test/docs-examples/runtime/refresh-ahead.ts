import { setImmediate as turn } from 'node:timers/promises';
import { CacheAside } from '../../../lambdas/runtime';

let now = 0;
let version = 0;
const rules = new CacheAside<number>({
  load: async () => ++version, lifetimeMilliseconds: 10_000, refreshAfter: 0.8, staleIfErrorMilliseconds: 60_000, jitter: 0,
  clock: { now: () => now },
});

async function read(): Promise<unknown[]> {
  const first = await rules.get('rules');
  now = 8_000;
  const meanwhile = rules.get('rules');
  await turn();
  return [first, meanwhile, rules.get('rules')];
}

export const answer = read(); // [1,1,2]
