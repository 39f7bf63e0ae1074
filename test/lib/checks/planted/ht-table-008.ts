import { settlingWorker } from './ledger-parts';
import type { Planted } from './planted';

const told = { function: { environment: { variables: { TTL_DAYS: '30' } } } };

export const planted: Planted = {
  id: 'HT-TABLE-008',
  plant: (stack) => settlingWorker(stack, {}, told),
  repair: (stack) => settlingWorker(stack, { timeToLiveSpecification: { attributeName: 'expiresAt', enabled: true } }, told),
};
