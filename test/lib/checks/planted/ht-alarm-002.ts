import type { Stack } from 'aws-cdk-lib';
import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-ALARM-002',
  plant: (stack) => watch(stack, 'IteratorAgeMilliseconds'),
  repair: (stack) => watch(stack, 'IteratorAge'),
};

/** One more alarm on a worker: the name under which the stream has it is not that of the function. */
function watch(stack: Stack, metricName: string): void {
  const parts = new Parts(stack);
  const { function: fn } = parts.streamWorker();
  parts.alarm('Old', 'AWS/Lambda', metricName, { FunctionName: fn.ref }, 600_000, 'Maximum');
}
