import { Rate, Workload } from '../../../../lib/workload';
import { EdgeParts } from './edge-parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-CAPACITY-006',
  workload: new Workload({ peak: Rate.perSecond(1000) }),
  plant: (stack) => new EdgeParts(stack).service({ desiredCount: 3 }),
  repair: (stack) => {
    const parts = new EdgeParts(stack);
    parts.scale(parts.service());
  },
};
