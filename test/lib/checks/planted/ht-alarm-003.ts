import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-ALARM-003',
  plant: (stack) => new Parts(stack).alarm('Late', 'Payments', 'Settled', {}, 0, 'Sum', { alarmActions: undefined }),
  repair: (stack) => new Parts(stack).alarm('Late', 'Payments', 'Settled', {}, 0),
};
