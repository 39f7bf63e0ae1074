import { Rate, Workload } from '../../../../lib/workload';
import type { Stack } from 'aws-cdk-lib';
import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-ALARM-011',
  workload: new Workload({ peak: Rate.perSecond(1000) }),
  plant: (stack) => watch(stack, 300),
  repair: (stack) => watch(stack, 60),
};

function watch(stack: Stack, period: number): void {
  const parts = new Parts(stack);
  const stream = parts.stream('Payments');
  parts.alarm('Full', 'AWS/Kinesis', 'WriteProvisionedThroughputExceeded', { StreamName: stream.ref }, 0, 'Sum', { period, evaluationPeriods: 3 });
}
