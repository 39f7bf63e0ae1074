import { formatSeconds } from '../../../sizing/format';
import type { Rule } from '../../rule';
import { streamMappings } from '../../views/event-source-mappings';
import { sourceRetention } from '../../views/streams';

const HOUR = 3600;

export const metadataOnlyDestination: Rule = {
  id: 'HT-WORKER-006',
  severity: 'warning',
  what: 'A failure destination holds only where the records were, and the stream forgets them soon after.',
  why: 'SQS and SNS get the shard and the sequence numbers. Who does not fetch the records before the retention ends has a note of what was lost.',
  fix: 'Send failures to S3, which gets the records themselves, or keep the stream for days beyond the age at which records are given up.',
  source: 'https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html',
  *check(context) {
    for (const mapping of streamMappings(context)) {
      const retention = sourceRetention(context, mapping);
      const { kind } = mapping.failureDestination ?? {};
      if (retention === undefined || (kind !== 'sqs' && kind !== 'sns')) {
        continue;
      }
      const needed = context.factsFor(mapping.resource).number('target/check.failedBatchFetchHours') * HOUR;
      // Attempts end at an unknown moment, but not later than the age.
      const left = retention - (Number.isFinite(mapping.maximumRecordAge) ? mapping.maximumRecordAge : 0);
      if (left < needed) {
        yield {
          resource: mapping.resource,
          property: 'Properties.DestinationConfig.OnFailure.Destination',
          message: `${kind.toUpperCase()} gets no records; the stream keeps them for ${formatSeconds(Math.max(0, left))} after they are given up`,
        };
      }
    }
  },
};
