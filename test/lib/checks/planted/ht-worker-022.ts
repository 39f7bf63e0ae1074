import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-WORKER-022',
  plant: (stack) => new Parts(stack).queueWorker({ deadLetterQueue: { messageRetentionPeriod: undefined } }),
  repair: (stack) => new Parts(stack).queueWorker(),
};
