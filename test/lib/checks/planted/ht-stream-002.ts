import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-STREAM-002',
  plant: (stack) => new Parts(stack).streamWorker({ stream: { shardCount: 1 } }),
  repair: (stack) => new Parts(stack).streamWorker(),
};
