import { EdgeParts } from './edge-parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-RESILIENCE-006',
  plant: (stack) => new EdgeParts(stack).service({ desiredCount: 3, deploymentConfiguration: { minimumHealthyPercent: 100, maximumPercent: 200 } }),
  repair: (stack) => new EdgeParts(stack).service({ desiredCount: 3 }),
};
