import type { Stack } from 'aws-cdk-lib';
import type { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-ALARM-001',
  plant: (stack) => watch(stack, () => 'payment-worker'),
  repair: (stack) => watch(stack, (fn) => fn.ref),
};

function watch(stack: Stack, nameOf: (fn: CfnFunction) => string): void {
  const parts = new Parts(stack);
  const { function: fn } = parts.streamWorker();
  parts.alarm('Slow', 'AWS/Lambda', 'Duration', { FunctionName: nameOf(fn) }, 30_000, 'p99', { statistic: undefined, extendedStatistic: 'p99' });
}
