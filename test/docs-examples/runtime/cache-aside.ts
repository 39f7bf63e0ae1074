import { CacheAside } from '../../../lambdas/runtime';

const loaded: string[] = [];
const merchants = new CacheAside<string>({
  load: async (id) => { loaded.push(id); return id === 'unknown' ? null : `merchant ${id}`; },
  lifetimeMilliseconds: 60_000,
});

const answers = Promise.all([merchants.get('m-1'), merchants.get('m-1'), merchants.get('unknown')]);

export const answer = answers.then((values) => [values, merchants.get('unknown'), loaded]); // [["merchant m-1","merchant m-1",null],null,["m-1","unknown"]]
