import type { TopologyResource } from '../../../topology';
import type { CheckContext } from '../../check-context';
import type { Rule } from '../../rule';
import { type EventSourceMapping, mappingsOf } from '../../views/event-source-mappings';
import { allowedTo } from '../../views/policies';

const WRITES: { readonly [kind: string]: RegExp } = {
  kinesis: /^kinesis:(\*|Put\*|PutRecords?)$/i,
  table: /^dynamodb:(\*|PutItem|UpdateItem|BatchWriteItem|PartiQL(Insert|Update))$/i,
};

/** AWS stops such circles through SQS, SNS and S3 by itself, not through streams. */
export const feedbackLoop: Rule = {
  id: 'HT-WORKER-020',
  severity: 'warning',
  what: 'A function may write to the stream that it reads.',
  why: 'Every write is a new record for the same function. Without an end to that circle it feeds itself at full concurrency, and the bill is the first to tell.',
  fix: 'Write elsewhere, or add FilterCriteria that leave out what the function itself writes.',
  source: 'https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html',
  *check(context) {
    for (const mapping of mappingsOf(context, 'kinesis', 'table')) {
      const stream = mapping.source.resource;
      if (stream === undefined || mapping.resource.properties.FilterCriteria !== undefined) {
        continue;
      }
      const action = writeTo(context, mapping, stream);
      if (action !== undefined) {
        yield { resource: mapping.resource, property: 'Properties.FilterCriteria', message: `its role allows ${action} on ${stream.logicalId}` };
      }
    }
  },
};

function writeTo(context: CheckContext, { source, function: fn }: EventSourceMapping, stream: TopologyResource): string | undefined {
  const statements = fn === undefined ? [] : allowedTo(context, fn);
  return statements
    .filter(({ resources }) => resources.includes(stream.arn))
    .flatMap(({ actions }) => actions)
    .find((action) => WRITES[source.kind].test(action));
}
