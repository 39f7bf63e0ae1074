import { Rate, Workload } from '../../../../lib/workload';
import { settlingWorker } from './ledger-parts';
import type { StreamWorkerChanges } from './parts';
import type { Planted } from './planted';

const timeToLive = { timeToLiveSpecification: { attributeName: 'expiresAt', enabled: true } };

export const planted: Planted = {
  id: 'HT-TABLE-007',
  workload: new Workload({ peak: Rate.perSecond(1000) }),
  plant: (stack) => settlingWorker(stack, timeToLive, told(1)),
  repair: (stack) => settlingWorker(stack, timeToLive, told(8)),
};

function told(days: number): StreamWorkerChanges {
  return { function: { environment: { variables: { LEDGER_TTL_SECONDS: String(days * 86_400) } } } };
}
