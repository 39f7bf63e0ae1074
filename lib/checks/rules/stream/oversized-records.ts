import { formatBytes } from '../../../sizing/format';
import type { Rule } from '../../rule';
import { mappingsOf } from '../../views/event-source-mappings';
import { numberOf } from '../../views/values';

/** Base64 makes four bytes of three. */
const BASE64 = 4 / 3;

export const oversizedRecords: Rule = {
  id: 'HT-STREAM-007',
  severity: 'error',
  what: 'A stream takes records that do not fit into an event of the function that reads it.',
  why: 'An event holds 6 MiB of JSON with the data in base64. A larger record can never be delivered: it blocks its shard until it is given up.',
  fix: 'Lower MaxRecordSizeInKiB to what fits an event, or write large bodies to S3 and only their place to the stream.',
  source: 'https://docs.aws.amazon.com/streams/latest/dev/large-records.html',
  *check(context) {
    for (const { resource, source } of mappingsOf(context, 'kinesis')) {
      const facts = context.factsFor(resource);
      const largest = (numberOf(source.resource?.properties.MaxRecordSizeInKiB) ?? 0) * 1024;
      const event = largest * BASE64 + facts.number('lambda-esm/kinesis.recordMetadata.bytes');
      const limit = facts.number('lambda/payload.sync.maxBytes');
      if (source.resource !== undefined && event > limit) {
        yield {
          resource: source.resource,
          property: 'Properties.MaxRecordSizeInKiB',
          message: `a record of ${formatBytes(largest)} makes an event of ${formatBytes(event)} for ${resource.logicalId}; an event holds ${formatBytes(limit)}`,
        };
      }
    }
  },
};
