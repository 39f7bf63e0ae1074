import type { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-SECURITY-002',
  plant: (stack) => open(stack),
  repair: (stack) => open(stack, { StringEquals: { 'aws:SourceAccount': stack.account } }),
};

/** A queue that others send to. */
function open(stack: Stack, conditions?: Record<string, Record<string, string>>): void {
  const parts = new Parts(stack);
  const made = parts.queue('Orders');
  parts.queueAlarms('Orders', made);
  const send = new iam.PolicyStatement({ principals: [new iam.AnyPrincipal()], actions: ['sqs:SendMessage'], resources: [made.queue.attrArn], conditions });
  new sqs.CfnQueuePolicy(stack, 'Senders', { queues: [made.queue.ref], policyDocument: new iam.PolicyDocument({ statements: [send] }) });
}
