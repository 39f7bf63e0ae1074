import type { Rule } from '../../rule';
import { eventSourceMappings } from '../../views/event-source-mappings';

export const switchedOff: Rule = {
  id: 'HT-WORKER-023',
  severity: 'warning',
  what: 'A mapping is switched off.',
  why: 'Nothing is read: the source backs up from the first deployment on, and its records expire.',
  fix: 'Leave Enabled out. Who stops a mapping in an emergency does it in the console or with the command line, not in the template.',
  source: 'https://docs.aws.amazon.com/lambda/latest/api/API_UpdateEventSourceMapping.html',
  *check(context) {
    for (const { resource, enabled } of eventSourceMappings(context)) {
      if (!enabled) {
        yield { resource, property: 'Properties.Enabled', message: 'Enabled is false' };
      }
    }
  },
};
