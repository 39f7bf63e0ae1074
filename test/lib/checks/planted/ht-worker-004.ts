import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-WORKER-004',
  plant: (stack) => new Parts(stack).streamWorker({ mapping: { maximumRecordAgeInSeconds: undefined } }),
  repair: (stack) => new Parts(stack).streamWorker(),
};
