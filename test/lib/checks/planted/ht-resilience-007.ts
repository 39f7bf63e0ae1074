import type { Planted } from './planted';
import { stateMachine } from './state-machine-parts';

export const planted: Planted = {
  id: 'HT-RESILIENCE-007',
  plant: (stack) => stateMachine(stack, { TimeoutSeconds: undefined }),
  repair: (stack) => stateMachine(stack),
};
