import { Rate, Workload } from '../../../../lib/workload';
import { addresses, budget } from './cost-parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-COST-001',
  workload: new Workload({ peak: Rate.perSecond(1000) }),
  plant(stack) {
    addresses(stack, [], []);
    budget(stack, 7);
  },
  repair(stack) {
    addresses(stack, [], []);
    budget(stack, 8);
  },
};
