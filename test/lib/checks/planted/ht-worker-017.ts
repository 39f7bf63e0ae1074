import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-WORKER-017',
  plant: (stack) => new Parts(stack).streamWorker({ function: { timeout: undefined } }),
  repair: (stack) => new Parts(stack).streamWorker(),
};
