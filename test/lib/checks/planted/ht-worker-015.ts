import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-WORKER-015',
  plant: (stack) => new Parts(stack).queueWorker({ queue: { visibilityTimeout: 120 } }),
  repair: (stack) => new Parts(stack).queueWorker(),
};
