import { Rate, Workload } from '../../../../lib/workload';
import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-STREAM-001',
  workload: new Workload({ peak: Rate.perSecond(15_000) }),
  plant: (stack) => new Parts(stack).streamWorker({ stream: { shardCount: 4 }, consumer: true }),
  repair: (stack) => new Parts(stack).streamWorker({ stream: { shardCount: 20 }, consumer: true }),
};
