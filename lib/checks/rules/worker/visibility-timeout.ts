import type { Rule } from '../../rule';
import { mappingsOf } from '../../views/event-source-mappings';
import { timeoutOf } from '../../views/functions';
import { numberOf } from '../../views/values';

export const visibilityTimeout: Rule = {
  id: 'HT-WORKER-015',
  severity: 'warning',
  what: 'Messages of a queue come back while they may still be worked on.',
  why: 'A message that waits for its batch, or for a throttled function, becomes visible again and is worked on twice. Each time counts as an attempt.',
  fix: 'Set VisibilityTimeout to six times the timeout of the function plus the batching window.',
  source: 'https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html',
  *check(context) {
    for (const { source, function: fn, batchingWindow } of mappingsOf(context, 'queue')) {
      if (source.resource === undefined || fn === undefined) {
        continue;
      }
      const facts = context.factsFor(source.resource);
      const timeout = timeoutOf(fn, facts);
      const visible = numberOf(source.resource.properties.VisibilityTimeout) ?? facts.number('sqs/visibilityTimeout.defaultSec');
      const needed = facts.number('lambda-esm/sqs.visibilityTimeoutFactor') * timeout + batchingWindow;
      if (visible < needed) {
        yield {
          resource: source.resource,
          property: 'Properties.VisibilityTimeout',
          message: `${visible} s for a function of ${timeout} s and a window of ${batchingWindow} s; ${needed} s are advised`,
        };
      }
    }
  },
};
