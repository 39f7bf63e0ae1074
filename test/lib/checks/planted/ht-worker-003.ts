import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-WORKER-003',
  plant: (stack) => new Parts(stack).streamWorker({ mapping: { bisectBatchOnFunctionError: undefined } }),
  repair: (stack) => new Parts(stack).streamWorker(),
};
