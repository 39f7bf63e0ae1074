import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-SECURITY-001',
  plant: (stack) => new Parts(stack).function('Pay', { environment: { variables: { DATABASE_PASSWORD: 'correct horse battery staple' } } }),
  repair: (stack) => new Parts(stack).function('Pay', { environment: { variables: { DATABASE_PASSWORD_PARAMETER: '/payments/database' } } }),
};
