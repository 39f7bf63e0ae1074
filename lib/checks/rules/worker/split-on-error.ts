import type { Rule } from '../../rule';
import { streamMappings } from '../../views/event-source-mappings';

export const splitOnError: Rule = {
  id: 'HT-WORKER-003',
  severity: 'warning',
  what: 'A batch that fails is tried again as a whole.',
  why: 'One record that times a function out or crashes it takes the batch with it on every try. The larger the batch, the less likely any try gets through.',
  fix: 'Set BisectBatchOnFunctionError (bisectBatchOnError: true): a failing batch is halved until the bad record stands alone.',
  source: 'https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-errors.html',
  *check(context) {
    for (const { resource, bisects, batchSize } of streamMappings(context)) {
      if (!bisects && batchSize > 1) {
        yield { resource, property: 'Properties.BisectBatchOnFunctionError', message: `batches of up to ${batchSize} records are never split` };
      }
    }
  },
};
