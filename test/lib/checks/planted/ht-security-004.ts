import * as logs from 'aws-cdk-lib/aws-logs';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-SECURITY-004',
  plant: (stack) => new logs.CfnLogGroup(stack, 'Log', { logGroupName: '/payments/api' }),
  repair: (stack) => new logs.CfnLogGroup(stack, 'Log', { logGroupName: '/payments/api', retentionInDays: 365 }),
};
