import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-WORKER-011',
  plant: (stack) => new Parts(stack).streamWorker({ function: { reservedConcurrentExecutions: 950 } }),
  repair: (stack) => new Parts(stack).streamWorker({ function: { reservedConcurrentExecutions: 900 } }),
};
