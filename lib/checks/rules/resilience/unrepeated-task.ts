import type { Finding, Rule } from '../../rule';
import { catches, repeats, taskStates } from '../../views/state-machines';

export const unrepeatedTask: Rule = {
  id: 'HT-RESILIENCE-008',
  severity: 'warning',
  what: 'A task of a state machine gives up at the first failure.',
  why: 'Services throttle and fail for a moment many times a day at a high rate. Each time an execution ends in between, and what it began stays half done.',
  fix: 'Give the task a Retry with backoff and jitter, or a Catch that undoes or parks the work.',
  source: 'https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html',
  *check(context): Iterable<Finding> {
    for (const { machine, name, state } of taskStates(context)) {
      if (!repeats(state) && !catches(state)) {
        yield { resource: machine, property: 'Properties.DefinitionString', message: `the task "${name}" has neither Retry nor Catch` };
      }
    }
  },
};
