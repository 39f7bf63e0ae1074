import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-ALARM-006',
  plant: (stack) => {
    new Parts(stack).streamWorker();
    stack.node.tryRemoveChild('WorkerErrorsAlarm');
  },
  repair: (stack) => new Parts(stack).streamWorker(),
};
