import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-WORKER-014',
  plant: (stack) => new Parts(stack).kafkaWorker({ function: { timeout: 900 } }),
  repair: (stack) => new Parts(stack).kafkaWorker({ function: { timeout: 840 } }),
};
