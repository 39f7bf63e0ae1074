import type { Stack } from 'aws-cdk-lib';
import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-TABLE-009',
  plant: (stack) => read(stack, 3),
  repair: (stack) => read(stack, 2),
};

/** A table whose stream so many functions read. */
function read(stack: Stack, readers: number): void {
  const parts = new Parts(stack);
  const { table } = parts.tableWorker();
  for (let reader = 2; reader <= readers; reader++) {
    const fn = parts.function(`Reader${reader}`, {}, [
      parts.allow(['dynamodb:GetRecords', 'dynamodb:GetShardIterator', 'dynamodb:DescribeStream'], table.attrStreamArn),
    ]);
    parts.streamMapping(`Reader${reader}Mapping`, table.attrStreamArn, fn);
    parts.streamAlarms(`Reader${reader}`, fn);
  }
}
