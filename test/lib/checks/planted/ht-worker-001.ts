import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-WORKER-001',
  plant: (stack) => new Parts(stack).streamWorker({ mapping: { functionResponseTypes: undefined } }),
  repair: (stack) => new Parts(stack).streamWorker(),
};
