import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-WORKER-013',
  plant: (stack) => new Parts(stack).kafkaWorker({ mapping: { provisionedPollerConfig: undefined } }),
  repair: (stack) => new Parts(stack).kafkaWorker(),
};
