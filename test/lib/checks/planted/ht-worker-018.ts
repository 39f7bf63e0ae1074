import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-WORKER-018',
  plant: (stack) => new Parts(stack).streamWorker({ function: { memorySize: undefined } }),
  repair: (stack) => new Parts(stack).streamWorker(),
};
