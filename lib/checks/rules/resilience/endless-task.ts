import type { Finding, Rule } from '../../rule';
import { taskStates } from '../../views/state-machines';

export const endlessTask: Rule = {
  id: 'HT-RESILIENCE-007',
  severity: 'warning',
  what: 'A task of a state machine waits without end.',
  why: 'When the answer never comes, the execution hangs for up to a year: nothing fails, nothing is retried, and nobody is told.',
  fix: 'Set TimeoutSeconds on the task (and HeartbeatSeconds where it waits for a token), or on the whole state machine.',
  source: 'https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html',
  *check(context): Iterable<Finding> {
    for (const { machine, name, state, machineEnds } of taskStates(context)) {
      const ends = ['TimeoutSeconds', 'TimeoutSecondsPath', 'HeartbeatSeconds', 'HeartbeatSecondsPath'].some((it) => state[it] !== undefined);
      if (!ends && !machineEnds) {
        yield { resource: machine, property: 'Properties.DefinitionString', message: `the task "${name}" has no timeout, and the machine has none either` };
      }
    }
  },
};
