import type { Stack } from 'aws-cdk-lib';
import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-WORKER-005',
  plant: (stack) => withRetries(stack, 3),
  repair: (stack) => withRetries(stack, -1),
};

/** What is given up goes to a queue, and the stream is kept long enough to fetch it. */
function withRetries(stack: Stack, maximumRetryAttempts: number): void {
  const parts = new Parts(stack);
  const given = parts.queue('GivenUp');
  parts.queueAlarms('GivenUp', given);
  parts.streamWorker({
    stream: { retentionPeriodHours: 168 },
    mapping: { maximumRetryAttempts, destinationConfig: { onFailure: { destination: given.queue.attrArn } } },
  });
}
