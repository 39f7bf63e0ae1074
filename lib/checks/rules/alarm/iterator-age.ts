import type { Finding, Rule } from '../../rule';
import { isWatched } from '../../views/alarms';
import { namesOf } from '../../views/dimensions';
import { streamMappings } from '../../views/event-source-mappings';

export const iteratorAge: Rule = {
  id: 'HT-ALARM-004',
  severity: 'warning',
  what: 'Nothing tells that the reader of a stream falls behind.',
  why: 'A blocked shard causes no error that anybody sees. Records wait until the retention of the stream is over, and are then gone.',
  fix: 'Make an alarm on IteratorAge of the function (Maximum), well below the retention of the stream.',
  source: 'https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html',
  *check(context): Iterable<Finding> {
    const seen = new Set<string>();
    for (const { resource, source, function: fn } of streamMappings(context)) {
      if (fn === undefined || seen.has(fn.id)) {
        continue;
      }
      const watched = isWatched(context, { namespace: 'AWS/Lambda', names: ['IteratorAge'], dimension: 'FunctionName', values: namesOf(fn) })
        || (source.resource !== undefined && isWatched(context, {
          namespace: 'AWS/Kinesis',
          names: ['GetRecords.IteratorAgeMilliseconds', 'SubscribeToShardEvent.MillisBehindLatest'],
          dimension: 'StreamName',
          values: namesOf(source.resource),
        }));
      if (!watched) {
        seen.add(fn.id);
        yield { resource, message: `no alarm looks at the iterator age of ${fn.logicalId}` };
      }
    }
  },
};
