import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-WORKER-010',
  plant: (stack) => new Parts(stack).streamWorker({ function: { reservedConcurrentExecutions: 0 } }),
  repair: (stack) => new Parts(stack).streamWorker(),
};
