import type { Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-WORKER-019',
  plant: (stack) => withEvents(stack),
  repair: (stack) => withEvents(stack, { onFailure: true }),
};

/** A function that gets events. What the bus cannot deliver is kept; what the function cannot handle is another matter. */
function withEvents(stack: Stack, { onFailure } = { onFailure: false }): void {
  const parts = new Parts(stack);
  const undelivered = parts.queue('Undelivered');
  parts.queueAlarms('Undelivered', undelivered);
  const fn = parts.function('Notifier');
  parts.functionAlarms('Notifier', fn);
  const rule = new events.CfnRule(stack, 'Settled', {
    eventPattern: { source: ['payments'] },
    targets: [{ id: 'Notifier', arn: fn.attrArn, deadLetterConfig: { arn: undelivered.queue.attrArn } }],
  });
  new lambda.CfnPermission(stack, 'Invoke', {
    action: 'lambda:InvokeFunction', functionName: fn.ref, principal: 'events.amazonaws.com', sourceArn: rule.attrArn,
  });
  if (onFailure) {
    new lambda.CfnEventInvokeConfig(stack, 'Failures', {
      functionName: fn.ref, qualifier: '$LATEST', destinationConfig: { onFailure: { destination: undelivered.queue.attrArn } },
    });
  }
}
