import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-ALARM-004',
  plant: (stack) => {
    new Parts(stack).streamWorker();
    stack.node.tryRemoveChild('WorkerIteratorAgeAlarm');
  },
  repair: (stack) => new Parts(stack).streamWorker(),
};
