import { PnCounter } from '../../../lambdas/runtime';

const stock = PnCounter.ZERO.increment('store', 10);
const [till, web] = [stock.decrement('till', 3), stock.decrement('web', 2)];

export const answer = [String(till.merge(web).value), String(web.merge(till).merge(till).value)]; // ["5","5"]
