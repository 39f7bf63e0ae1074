import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-WORKER-009',
  plant: (stack) => new Parts(stack).streamWorker({ function: { reservedConcurrentExecutions: 3 } }),
  repair: (stack) => new Parts(stack).streamWorker({ function: { reservedConcurrentExecutions: 4 } }),
};
