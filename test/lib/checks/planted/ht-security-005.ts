import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-SECURITY-005',
  plant: (stack) => new lambda.CfnUrl(stack, 'Url', { targetFunctionArn: new Parts(stack).function('Pay').attrArn, authType: 'NONE' }),
  repair: (stack) => new lambda.CfnUrl(stack, 'Url', { targetFunctionArn: new Parts(stack).function('Pay').attrArn, authType: 'AWS_IAM' }),
};
