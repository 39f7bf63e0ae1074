import type { Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { type Changes, Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-SECURITY-003',
  plant: (stack) => permit(stack),
  repair: (stack) => permit(stack, { sourceAccount: stack.account, sourceArn: `arn:${stack.partition}:s3:::payments-of-partners` }),
};

/** A function that a bucket calls. */
function permit(stack: Stack, changes: Changes<lambda.CfnPermissionProps> = {}): void {
  const fn = new Parts(stack).function('Import');
  new lambda.CfnPermission(stack, 'Invoke', { action: 'lambda:InvokeFunction', functionName: fn.ref, principal: 's3.amazonaws.com', ...changes });
}
