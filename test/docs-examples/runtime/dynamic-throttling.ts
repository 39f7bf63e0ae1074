import { DynamicThrottle } from '../../../lambdas/runtime';

let now = 0;
const shard = new DynamicThrottle({ maximumPerSecond: 1_000, growthPerSecond: 50, clock: { now: () => now } });

shard.throttled();
const lowered = shard.perSecond;
now += 2_500;

export const answer = [lowered, shard.perSecond, shard.tryTake()]; // [700,800,true]
