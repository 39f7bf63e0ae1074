import type { Rule } from '../../rule';
import { mappingsOf } from '../../views/event-source-mappings';

/** Without it the whole batch is repeated for one failure, and a function that reports single failures has them taken for successes. */
export const partialBatchResponse: Rule = {
  id: 'HT-WORKER-001',
  severity: 'error',
  what: 'A mapping does not take reports of single failures.',
  why: 'A function that returns batchItemFailures is not heard: its failures count as successes and are lost. One that throws has the whole batch repeated.',
  fix: 'Set FunctionResponseTypes to ["ReportBatchItemFailures"] (reportBatchItemFailures: true), and return the failed items from the function.',
  source: 'https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html',
  *check(context) {
    for (const mapping of mappingsOf(context, 'kinesis', 'table', 'queue')) {
      if (!mapping.reportsFailures && mapping.batchSize > 1) {
        yield {
          resource: mapping.resource,
          property: 'Properties.FunctionResponseTypes',
          message: `batches of up to ${mapping.batchSize} succeed or fail as a whole`,
        };
      }
    }
  },
};
