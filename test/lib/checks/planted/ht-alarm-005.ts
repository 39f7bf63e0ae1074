import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-ALARM-005',
  plant: (stack) => {
    new Parts(stack).streamWorker();
    stack.node.tryRemoveChild('WorkerDeliveryFailuresAlarm');
  },
  repair: (stack) => new Parts(stack).streamWorker(),
};
