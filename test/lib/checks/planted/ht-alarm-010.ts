import type { Stack } from 'aws-cdk-lib';
import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-ALARM-010',
  plant: (stack) => watch(stack, 'notBreaching'),
  repair: (stack) => watch(stack, 'breaching'),
};

/** An alarm for the moment when nobody pays any more. */
function watch(stack: Stack, treatMissingData: string): void {
  const parts = new Parts(stack);
  const stream = parts.stream('Payments');
  parts.alarm('Quiet', 'AWS/Kinesis', 'IncomingRecords', { StreamName: stream.ref }, 1, 'Sum', { comparisonOperator: 'LessThanThreshold', treatMissingData });
}
