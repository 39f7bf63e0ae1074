import type { Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-RESILIENCE-010',
  plant: (stack) => route(stack, false),
  repair: (stack) => route(stack, true),
};

/** A rule that sends events to a queue. */
function route(stack: Stack, keeps: boolean): void {
  const parts = new Parts(stack);
  const made = parts.queue('Orders');
  parts.queueAlarms('Orders', made);
  new events.CfnRule(stack, 'Rule', {
    eventPattern: { source: ['payments'] },
    targets: [{ id: 'Orders', arn: made.queue.attrArn, deadLetterConfig: keeps ? { arn: made.deadLetterQueue.attrArn } : undefined }],
  });
}
