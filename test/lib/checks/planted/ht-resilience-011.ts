import { Rate, Workload } from '../../../../lib/workload';
import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-RESILIENCE-011',
  workload: new Workload({ peak: Rate.perSecond(1000) }),
  plant: (stack) => new Parts(stack).table('Ledger', { deletionProtectionEnabled: false }),
  repair: (stack) => new Parts(stack).table('Ledger'),
};
