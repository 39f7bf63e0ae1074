import type { Rule } from '../../rule';
import { mappingsOf } from '../../views/event-source-mappings';
import { timeoutOf } from '../../views/functions';

export const kafkaTimeout: Rule = {
  id: 'HT-WORKER-014',
  severity: 'error',
  what: 'A function on Kafka may run longer than its mapping keeps its place.',
  why: 'Beyond 14 minutes the mapping loses its partitions to another poller: the batch is delivered again while the first one still runs.',
  fix: 'Set the timeout of the function to 14 minutes at most, and make batches that take far less.',
  source: 'https://docs.aws.amazon.com/lambda/latest/dg/with-msk.html',
  *check(context) {
    for (const { resource, function: fn } of mappingsOf(context, 'kafka')) {
      if (fn === undefined) {
        continue;
      }
      const facts = context.factsFor(fn);
      const limit = facts.number('lambda-esm/kafka.functionTimeout.maxSec');
      if (timeoutOf(fn, facts) > limit) {
        yield { resource: fn, property: 'Properties.Timeout', message: `${timeoutOf(fn, facts)} s for ${resource.logicalId}; ${limit} s are allowed` };
      }
    }
  },
};
