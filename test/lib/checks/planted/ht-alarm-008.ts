import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-ALARM-008',
  plant: (stack) => {
    new Parts(stack).queueWorker();
    stack.node.tryRemoveChild('LaterDeadLettersAlarm');
  },
  repair: (stack) => new Parts(stack).queueWorker(),
};
