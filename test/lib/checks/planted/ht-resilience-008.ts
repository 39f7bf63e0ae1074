import type { Planted } from './planted';
import { stateMachine } from './state-machine-parts';

export const planted: Planted = {
  id: 'HT-RESILIENCE-008',
  plant: (stack) => stateMachine(stack, { Retry: undefined }),
  repair: (stack) => stateMachine(stack),
};
