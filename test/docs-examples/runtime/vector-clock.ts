import { VectorClock } from '../../../lambdas/runtime';

const order = VectorClock.EMPTY.increment('till-1');
const paid = order.increment('till-1');
const changed = order.increment('till-2');

const both = paid.merge(changed);
const relations = [order.compare(paid), paid.compare(changed), both.compare(paid)];

export const answer = [...relations, both]; // ["before","concurrent","after",{"till-1":2,"till-2":1}]
