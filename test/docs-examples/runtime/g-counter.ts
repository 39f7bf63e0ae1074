import { GCounter } from '../../../lambdas/runtime';

const [north, south] = [GCounter.ZERO.increment('north', 3), GCounter.ZERO.increment('south', 4)];
const both = north.merge(south);

export const answer = [String(both.value), String(both.merge(north).merge(south).value), both]; // ["7","7",{"north":3,"south":4}]
