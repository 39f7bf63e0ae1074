import { compareByTime, SpreadIds, timeOfId } from '../../../lambdas/runtime';

const ids = new SpreadIds({ partitions: 16, clock: { now: () => 1_793_534_400_000, sleep: async () => undefined } });
const [first, second] = [ids.next(), ids.next()]; // As "adhs3x5fr8g0x2rvn8yz3g1hk": partition, time, chance.

export const answer = [first.length, compareByTime(first, second), timeOfId(second), ids.rangesOf(0, Date.now()).length]; // [25,-1,1793534400000,16]
