import type { Rule } from '../../rule';
import { eventSourceMappings } from '../../views/event-source-mappings';
import { reservedConcurrencyOf } from '../../views/functions';

export const noExecutions: Rule = {
  id: 'HT-WORKER-010',
  severity: 'error',
  what: 'A function that a mapping invokes may not run at all.',
  why: 'A reservation of 0 throttles every invocation: the source backs up until its records expire.',
  fix: 'Reserve what the lanes need, or leave ReservedConcurrentExecutions out.',
  source: 'https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html',
  *check(context) {
    const invoked = new Set(eventSourceMappings(context).filter(({ enabled }) => enabled).map((it) => it.function));
    for (const resource of context.topology.ofType('AWS::Lambda::Function')) {
      if (reservedConcurrencyOf(resource) === 0 && invoked.has(resource)) {
        yield { resource, property: 'Properties.ReservedConcurrentExecutions', message: 'no execution is allowed' };
      }
    }
  },
};
