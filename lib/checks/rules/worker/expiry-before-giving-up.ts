import { formatSeconds } from '../../../sizing/format';
import type { Rule } from '../../rule';
import { streamMappings } from '../../views/event-source-mappings';
import { sourceRetention } from '../../views/streams';

export const expiryBeforeGivingUp: Rule = {
  id: 'HT-WORKER-004',
  severity: 'error',
  what: 'A record that always fails is tried until its stream forgets it.',
  why: 'It blocks its shard for the whole retention. Then it expires before it reaches the failure destination, and the records behind it expire with it.',
  fix: 'Set MaximumRecordAgeInSeconds (maxRecordAge) well below the retention of the stream.',
  source: 'https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-errors.html',
  *check(context) {
    for (const mapping of streamMappings(context)) {
      const retention = sourceRetention(context, mapping);
      if (retention !== undefined && mapping.maximumRetryAttempts === Infinity && mapping.maximumRecordAge >= retention) {
        const age = mapping.maximumRecordAge === Infinity ? 'neither age nor attempts are bounded' : `given up after ${formatSeconds(mapping.maximumRecordAge)}`;
        yield {
          resource: mapping.resource,
          property: 'Properties.MaximumRecordAgeInSeconds',
          message: `${age}; the stream forgets after ${formatSeconds(retention)}`,
        };
      }
    }
  },
};
