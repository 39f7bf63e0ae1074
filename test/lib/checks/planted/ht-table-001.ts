import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-TABLE-001',
  plant: (stack) => new Parts(stack).table('Ledger', { pointInTimeRecoverySpecification: undefined }),
  repair: (stack) => new Parts(stack).table('Ledger'),
};
