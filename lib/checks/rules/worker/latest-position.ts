import type { Rule } from '../../rule';
import { streamMappings } from '../../views/event-source-mappings';

export const latestPosition: Rule = {
  id: 'HT-WORKER-012',
  severity: 'error',
  what: 'A mapping starts with what comes after it was made.',
  why: 'A new mapping finds its position minutes after it was made, and a replaced one starts anew: everything written meanwhile is never read.',
  fix: 'Set StartingPosition to TRIM_HORIZON, or AT_TIMESTAMP with a moment before the deployment.',
  source: 'https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-create.html',
  *check(context) {
    for (const { resource, startingPosition } of streamMappings(context)) {
      if (startingPosition === 'LATEST') {
        yield { resource, property: 'Properties.StartingPosition', message: 'it is LATEST' };
      }
    }
  },
};
