import { Rate, Workload } from '../../../../lib/workload';
import { settlingWorker } from './ledger-parts';
import type { Planted } from './planted';

const warmThroughput = { readUnitsPerSecond: 12_000, writeUnitsPerSecond: 20_000 };

export const planted: Planted = {
  id: 'HT-TABLE-004',
  workload: new Workload({ peak: Rate.perSecond(15_000) }),
  plant: (stack) => settlingWorker(stack, {}, { stream: { shardCount: 20 } }),
  repair: (stack) => settlingWorker(stack, { warmThroughput }, { stream: { shardCount: 20 } }),
};
