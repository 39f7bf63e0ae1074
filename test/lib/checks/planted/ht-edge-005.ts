import { Rate, Workload } from '../../../../lib/workload';
import { EdgeParts } from './edge-parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-EDGE-005',
  workload: new Workload({ peak: Rate.perSecond(1000) }),
  plant: (stack) => new EdgeParts(stack).targetGroup('Targets', { targetGroupAttributes: undefined }),
  repair: (stack) => new EdgeParts(stack).targetGroup(),
};
