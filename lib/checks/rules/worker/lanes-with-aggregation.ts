import { formatNumber } from '../../../sizing/format';
import type { Rule } from '../../rule';
import { mappingsOf } from '../../views/event-source-mappings';

export const lanesWithAggregation: Rule = {
  id: 'HT-WORKER-007',
  severity: 'error',
  what: 'A mapping has several lanes a shard, and its records pack several payments.',
  why: 'Lanes are cut by the partition key of the record. A packed record carries payments of many keys, so payments of one key run in several lanes at once.',
  fix: 'Leave ParallelizationFactor at 1 and add shards, or write one payment a record.',
  source: 'https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html',
  *check(context) {
    for (const { resource, source, parallelizationFactor } of mappingsOf(context, 'kinesis')) {
      const packed = source.resource === undefined ? undefined : context.decided(source.resource, 'paymentsPerRecord');
      if (parallelizationFactor > 1 && typeof packed === 'number' && packed > 1) {
        yield {
          resource,
          property: 'Properties.ParallelizationFactor',
          message: `${parallelizationFactor} lanes a shard, ${formatNumber(packed)} payments a record`,
        };
      }
    }
  },
};
