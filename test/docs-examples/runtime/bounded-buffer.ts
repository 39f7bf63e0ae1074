import { BoundedBuffer } from '../../../lambdas/runtime';

const gauges = new BoundedBuffer<number>({ capacity: 2, overflow: 'drop-oldest' });
[1, 2, 3].forEach((gauge) => gauges.put(gauge));

const stage = new BoundedBuffer<string>({ capacity: 1, overflow: 'block' });
stage.put('first');
const second = stage.put('second');
stage.take();

export const answer = Promise.resolve(second).then((isIn) => [gauges.takeUpTo(10), isIn, stage.take()]); // [[2,3],true,"second"]
