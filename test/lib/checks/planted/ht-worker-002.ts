import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-WORKER-002',
  plant: (stack) => new Parts(stack).streamWorker({ mapping: { destinationConfig: undefined } }),
  repair: (stack) => new Parts(stack).streamWorker(),
};
