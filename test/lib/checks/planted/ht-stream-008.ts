import type { Stack } from 'aws-cdk-lib';
import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-STREAM-008',
  plant: (stack) => withConsumers(stack, 21),
  repair: (stack) => withConsumers(stack, 20),
};

function withConsumers(stack: Stack, count: number): void {
  const parts = new Parts(stack);
  const { stream } = parts.streamWorker();
  Array.from({ length: count }, (_, index) => parts.consumer(`Reader${index}`, stream));
}
