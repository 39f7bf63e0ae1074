import { indexed } from './ledger-parts';
import { Parts } from './parts';
import type { Planted } from './planted';

const warmThroughput = { readUnitsPerSecond: 12_000, writeUnitsPerSecond: 20_000 };

export const planted: Planted = {
  id: 'HT-TABLE-006',
  plant: (stack) => new Parts(stack).table('Ledger', { ...indexed('merchantId'), warmThroughput }),
  repair: (stack) => new Parts(stack).table('Ledger', { ...indexed('merchantId', { warmThroughput }), warmThroughput }),
};
