import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-STREAM-007',
  plant: (stack) => new Parts(stack).streamWorker({ stream: { maxRecordSizeInKiB: 10_240 } }),
  repair: (stack) => new Parts(stack).streamWorker({ stream: { maxRecordSizeInKiB: 4096 } }),
};
