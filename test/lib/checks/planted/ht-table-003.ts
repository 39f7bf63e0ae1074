import { Rate, Workload } from '../../../../lib/workload';
import { provisioned, scaleWrites, settlingWorker } from './ledger-parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-TABLE-003',
  workload: new Workload({ peak: Rate.perSecond(1000) }),
  plant: (stack) => scaleWrites(settlingWorker(stack, provisioned(50)), 400),
  repair: (stack) => scaleWrites(settlingWorker(stack, provisioned(50)), 2000),
};
