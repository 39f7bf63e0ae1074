import type { Rule } from '../../rule';
import { asynchronousInvokers, failurePathOf } from '../../views/asynchronous-invocations';

export const lostEvents: Rule = {
  id: 'HT-WORKER-019',
  severity: 'warning',
  what: 'Events that a function cannot handle are dropped.',
  why: 'An event that is sent without waiting for the answer is tried three times, for six hours at most. Then it is gone, and nobody is told.',
  fix: 'Set an on-failure destination (AWS::Lambda::EventInvokeConfig, onFailure) or a dead-letter queue on the function.',
  source: 'https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html',
  *check(context) {
    for (const [fn, invokers] of context.once(asynchronousInvokers)) {
      if (failurePathOf(context, fn) === undefined) {
        const names = [...new Set(invokers.map(({ logicalId }) => logicalId))].sort().join(', ');
        yield { resource: fn, property: 'Properties.DeadLetterConfig', message: `${names} sends events, and nothing takes those that fail` };
      }
    }
  },
};
