import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-WORKER-012',
  plant: (stack) => new Parts(stack).streamWorker({ mapping: { startingPosition: 'LATEST' } }),
  repair: (stack) => new Parts(stack).streamWorker(),
};
