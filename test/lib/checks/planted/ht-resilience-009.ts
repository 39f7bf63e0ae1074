import type { Stack } from 'aws-cdk-lib';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-RESILIENCE-009',
  plant: (stack) => subscribe(stack, false),
  repair: (stack) => subscribe(stack, true),
};

/** A queue that is told of payments by a topic. */
function subscribe(stack: Stack, keeps: boolean): void {
  const parts = new Parts(stack);
  const made = parts.queue('Orders');
  parts.queueAlarms('Orders', made);
  new sns.CfnSubscription(stack, 'Subscription', {
    topicArn: parts.topic.topicArn, protocol: 'sqs', endpoint: made.queue.attrArn,
    redrivePolicy: keeps ? { deadLetterTargetArn: made.deadLetterQueue.attrArn } : undefined,
  });
}
