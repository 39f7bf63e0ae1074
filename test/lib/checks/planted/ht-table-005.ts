import { indexed } from './ledger-parts';
import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-TABLE-005',
  plant: (stack) => new Parts(stack).table('Ledger', indexed('paymentStatus')),
  repair: (stack) => new Parts(stack).table('Ledger', indexed('merchantId')),
};
