import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-WORKER-008',
  plant: (stack) => new Parts(stack).tableWorker({ mapping: { tumblingWindowInSeconds: 60, parallelizationFactor: 4 } }),
  repair: (stack) => new Parts(stack).tableWorker({ mapping: { tumblingWindowInSeconds: 60 } }),
};
