import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-WORKER-023',
  plant: (stack) => new Parts(stack).streamWorker({ mapping: { enabled: false } }),
  repair: (stack) => new Parts(stack).streamWorker(),
};
