import { provisioned, scaleWrites } from './ledger-parts';
import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-TABLE-002',
  plant: (stack) => new Parts(stack).table('Ledger', provisioned(50)),
  repair: (stack) => scaleWrites(new Parts(stack).table('Ledger', provisioned(50)), 500),
};
