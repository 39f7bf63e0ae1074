import { EdgeParts } from './edge-parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-RESILIENCE-001',
  plant: (stack) => new EdgeParts(stack).service({ desiredCount: 1 }),
  repair: (stack) => new EdgeParts(stack).service({ desiredCount: 3 }),
};
