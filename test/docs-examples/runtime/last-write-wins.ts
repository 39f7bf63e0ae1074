import { LwwRegister } from '../../../lambdas/runtime';

const seen = LwwRegister.empty<string>().write('till-1', 'open', 1_000);
const here = seen.write('till-1', 'busy', 2_000);
// This clock runs a second behind; the write is later all the same, because its writer had seen the first one.
const there = seen.write('till-2', 'closed', 500);

export const answer = [here.merge(there).value, there.merge(here).value, there]; // ["busy","busy",{"value":"closed","at":1001,"replica":"till-2"}]
