import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-STREAM-005',
  plant: (stack) => new Parts(stack).streamWorker({ stream: { retentionPeriodHours: 24 } }),
  repair: (stack) => new Parts(stack).streamWorker(),
};
