import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-ALARM-009',
  plant: (stack) => new Parts(stack).alarm('Busy', 'AWS/ECS', 'CPUUtilization', { ClusterName: 'payments', ServiceName: 'api' }, 95, 'Average'),
  repair: (stack) => new Parts(stack).alarm('Busy', 'AWS/ECS', 'CPUUtilization', { ClusterName: 'payments', ServiceName: 'api' }, 80, 'Average'),
};
