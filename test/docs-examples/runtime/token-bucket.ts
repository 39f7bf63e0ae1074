import { TokenBucket } from '../../../lambdas/runtime';

let now = 0;
const bucket = new TokenBucket({ tokensPerSecond: 100, burst: 20, clock: { now: () => now } });

const first = [bucket.tryTake(20), bucket.tryTake(5), bucket.waitFor(5)];
now += 50;

export const answer = [...first, bucket.tryTake(5)]; // [true,false,50,true]
