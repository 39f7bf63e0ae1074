import type { Finding, Rule } from '../../rule';
import { isWatched } from '../../views/alarms';
import { namesOf } from '../../views/dimensions';
import { eventSourceMappings } from '../../views/event-source-mappings';

export const workerErrors: Rule = {
  id: 'HT-ALARM-006',
  severity: 'warning',
  what: 'Nothing tells that a worker fails.',
  why: 'No client waits for a worker, so nobody sees its errors: it repeats the same batch again and again until its source gives up.',
  fix: 'Make an alarm on Errors of the function.',
  source: 'https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html',
  *check(context): Iterable<Finding> {
    const workers = eventSourceMappings(context).filter((it) => it.enabled).flatMap((it) => it.function ?? []);
    for (const resource of new Set(workers)) {
      if (!isWatched(context, { namespace: 'AWS/Lambda', names: ['Errors'], dimension: 'FunctionName', values: namesOf(resource) })) {
        yield { resource, message: 'it reads an event source, and no alarm looks at its errors' };
      }
    }
  },
};
