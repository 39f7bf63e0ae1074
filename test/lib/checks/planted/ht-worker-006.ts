import type { Stack } from 'aws-cdk-lib';
import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-WORKER-006',
  plant: (stack) => keptFor(stack, 48),
  repair: (stack) => keptFor(stack, 168),
};

function keptFor(stack: Stack, retentionPeriodHours: number): void {
  const parts = new Parts(stack);
  const given = parts.queue('GivenUp');
  parts.queueAlarms('GivenUp', given);
  parts.streamWorker({ stream: { retentionPeriodHours }, mapping: { destinationConfig: { onFailure: { destination: given.queue.attrArn } } } });
}
