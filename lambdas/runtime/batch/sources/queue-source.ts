import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { UnexpectedEventError } from '../batch-errors';
import { type BatchSource, decodeJson } from '../batch-source';

export type QueueSource = BatchSource<SQSEvent, SQSRecord, string, SQSBatchResponse, unknown>;

/**
 * Batches of an Amazon SQS queue, standard or FIFO. Its event source mapping must report batch item failures: messages that are not named
 * are deleted.
 *
 * Of a FIFO queue, which its name tells, a message group stops at its first failure, and the rest of the group is reported with it; other
 * groups go on. Groups of a standard queue are there for fairness and promise no order.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
export function queueSource(): QueueSource {
  return {
    service: 'Amazon SQS',
    records: ({ Records: records }) => {
      if (!Array.isArray(records) || (records.length > 0 && records[0].messageId === undefined)) {
        throw new UnexpectedEventError('Amazon SQS');
      }
      return records;
    },
    unpack: ({ body, attributes }) => [{ payload: body, partitionKey: attributes?.MessageGroupId }],
    decode: decodeJson,
    streamOf: () => undefined,
    isOrdered: isFifo,
    placeOf: ({ eventSourceARN: arn = '', messageId }, index) => ({ shardId: arn.slice(arn.lastIndexOf(':') + 1), sequenceNumber: messageId, index }),
    traceParentOf: ({ messageAttributes }) => messageAttributes?.traceparent?.stringValue,
    bytesOf: (body) => Buffer.from(body, 'utf8'),
    answer: (records, unfinished) => ({
      response: { batchItemFailures: unfinished.map((position) => ({ itemIdentifier: records[position].messageId })) },
      left: unfinished.length,
    }),
  };
}

function isFifo({ eventSourceARN: arn }: SQSRecord): boolean {
  return arn?.endsWith('.fifo') === true;
}
