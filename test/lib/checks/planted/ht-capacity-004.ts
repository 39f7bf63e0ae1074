import { EdgeParts } from './edge-parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-CAPACITY-004',
  plant: (stack) => {
    const parts = new EdgeParts(stack);
    parts.scale(parts.service(), { minCapacity: 3, maxCapacity: 3 });
  },
  repair: (stack) => {
    const parts = new EdgeParts(stack);
    parts.scale(parts.service());
  },
};
