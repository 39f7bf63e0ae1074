import type { Rule } from '../../rule';
import { mappingsOf } from '../../views/event-source-mappings';
import { timeoutOf } from '../../views/functions';

export const defaultTimeout: Rule = {
  id: 'HT-WORKER-017',
  severity: 'warning',
  what: 'A function works on whole batches in the time that one request gets by default.',
  why: 'A full batch, or one slow answer of a dependency, takes longer. The function is stopped in the midst of its writes and the batch comes again.',
  fix: 'Set Timeout to what a full batch takes with the retries of its dependencies, 30 seconds or more.',
  source: 'https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html',
  *check(context) {
    const seen = new Set<string>();
    for (const { resource, function: fn, batchSize } of mappingsOf(context, 'kinesis', 'table', 'queue', 'kafka')) {
      if (fn === undefined || seen.has(fn.id) || batchSize <= 1) {
        continue;
      }
      seen.add(fn.id);
      const facts = context.factsFor(fn);
      const byDefault = facts.number('lambda/timeout.defaultSec');
      if (timeoutOf(fn, facts) <= byDefault) {
        yield { resource: fn, property: 'Properties.Timeout', message: `${timeoutOf(fn, facts)} s for batches of up to ${batchSize} (${resource.logicalId})` };
      }
    }
  },
};
