import { EdgeParts } from './edge-parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-CAPACITY-005',
  plant: (stack) => {
    const parts = new EdgeParts(stack);
    parts.scale(parts.service({ desiredCount: 3 }));
  },
  repair: (stack) => {
    const parts = new EdgeParts(stack);
    parts.scale(parts.service());
  },
};
