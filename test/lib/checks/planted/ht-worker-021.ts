import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-WORKER-021',
  plant: (stack) => new Parts(stack).queueWorker({ function: { reservedConcurrentExecutions: 10 } }),
  repair: (stack) => new Parts(stack).queueWorker({
    function: { reservedConcurrentExecutions: 10 }, mapping: { scalingConfig: { maximumConcurrency: 10 } },
  }),
};
