import type { Stack } from 'aws-cdk-lib';
import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-WORKER-016',
  plant: (stack) => withAttempts(stack, 2),
  repair: (stack) => withAttempts(stack, 5),
};

function withAttempts(stack: Stack, maxReceiveCount: number): void {
  const { queue, deadLetterQueue } = new Parts(stack).queueWorker();
  queue.redrivePolicy = { deadLetterTargetArn: deadLetterQueue.attrArn, maxReceiveCount };
}
