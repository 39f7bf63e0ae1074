import { Rate, Workload } from '../../../../lib/workload';
import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-STREAM-006',
  workload: new Workload({ peak: Rate.perSecond(20_000) }),
  plant: (stack) => new Parts(stack).streamWorker({ stream: { shardCount: undefined, streamModeDetails: { streamMode: 'ON_DEMAND' } }, consumer: true }),
  repair: (stack) => new Parts(stack).streamWorker({ stream: { shardCount: undefined, streamModeDetails: { streamMode: 'ON_DEMAND' }, warmThroughputMiBps: 64 }, consumer: true }),
};
