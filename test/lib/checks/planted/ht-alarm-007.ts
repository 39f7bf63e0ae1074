import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-ALARM-007',
  plant: (stack) => {
    new Parts(stack).queueWorker();
    stack.node.tryRemoveChild('LaterOldestMessageAlarm');
  },
  repair: (stack) => new Parts(stack).queueWorker(),
};
