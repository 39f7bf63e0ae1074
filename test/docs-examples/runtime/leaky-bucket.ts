import { LeakyBucket } from '../../../lambdas/runtime';

const partner = new LeakyBucket({ perSecond: 10, capacity: 3, clock: { now: () => 0, sleep: async () => undefined } });

const waits = [partner.schedule(), partner.schedule(), partner.schedule(), partner.schedule()];

export const answer = waits.map((wait) => wait ?? 'full'); // [0,100,200,"full"]
