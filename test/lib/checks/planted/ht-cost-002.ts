import { Rate, Workload } from '../../../../lib/workload';
import { addresses, budget } from './cost-parts';
import type { Planted } from './planted';

const OURS = ['application', 'payments'] as const;
const BY_TAG = { TagKeyValue: ['user:application$payments'] };

export const planted: Planted = {
  id: 'HT-COST-002',
  workload: new Workload({ peak: Rate.perSecond(1000) }),
  plant(stack) {
    addresses(stack, [OURS], [OURS], []);
    budget(stack, 12, BY_TAG);
  },
  repair(stack) {
    addresses(stack, [OURS], [OURS], [OURS]);
    budget(stack, 12, BY_TAG);
  },
};
