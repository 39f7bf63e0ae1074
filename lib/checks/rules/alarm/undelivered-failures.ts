import type { Finding, Rule } from '../../rule';
import { isWatched } from '../../views/alarms';
import { namesOf } from '../../views/dimensions';
import { streamMappings } from '../../views/event-source-mappings';

/** An iterator age that falls again is no proof: a batch that was given up no longer ages. */
export const undeliveredFailures: Rule = {
  id: 'HT-ALARM-005',
  severity: 'warning',
  what: 'Nothing tells that records were given up and could not be put aside.',
  why: 'When the failure destination refuses a batch (policy, key, size), Lambda drops it and goes on: the iterator age looks healthy and the records are lost.',
  fix: 'Make an alarm on DestinationDeliveryFailures of the function, above 0.',
  source: 'https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html',
  *check(context): Iterable<Finding> {
    const seen = new Set<string>();
    for (const { resource, function: fn, failureDestination } of streamMappings(context)) {
      if (fn === undefined || failureDestination === undefined || seen.has(fn.id)) {
        continue;
      }
      if (!isWatched(context, { namespace: 'AWS/Lambda', names: ['DestinationDeliveryFailures'], dimension: 'FunctionName', values: namesOf(fn) })) {
        seen.add(fn.id);
        yield { resource, property: 'Properties.DestinationConfig', message: `no alarm looks at the delivery failures of ${fn.logicalId}` };
      }
    }
  },
};
