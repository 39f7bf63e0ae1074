import type { KinesisStreamBatchResponse, KinesisStreamEvent, KinesisStreamRecord } from 'aws-lambda';
import { deaggregate, type UserRecord } from '../../aggregate/kpl-aggregate';
import type { ParkedSource } from '../../parking/parking';
import { UnexpectedEventError } from '../batch-errors';
import { type BatchSource, decodeJson, type Unpacked } from '../batch-source';

export interface KinesisSourceOptions {
  /** Whether records may be aggregates of the Kinesis Producer Library; what is none stays as it is. @default true */
  readonly aggregated?: boolean;
}

export type KinesisSource = BatchSource<KinesisStreamEvent, KinesisStreamRecord, Uint8Array, KinesisStreamBatchResponse, unknown>;

/** Batches of one shard of Amazon Kinesis Data Streams. Its event source mapping must report batch item failures. */
export function kinesisSource({ aggregated = true }: KinesisSourceOptions = {}): KinesisSource {
  return {
    service: 'Amazon Kinesis',
    records: ({ Records: records }) => {
      if (!Array.isArray(records) || (records.length > 0 && records[0].kinesis === undefined)) {
        throw new UnexpectedEventError('Amazon Kinesis');
      }
      return records;
    },
    unpack: ({ kinesis: { data, partitionKey } }) => {
      const bytes = Buffer.from(data, 'base64');
      return aggregated
        ? deaggregate(bytes, partitionKey).map(payloadOf)
        : [{ payload: bytes, partitionKey }];
    },
    decode: decodeJson,
    streamOf: () => '',
    isOrdered: () => false,
    placeOf: kinesisPlace,
    traceParentOf: () => undefined,
    bytesOf: (payload) => payload,
    answer: (records, [lowest = records.length]) => ({ response: kinesisResponse(records, lowest), left: records.length - lowest }),
  };
}

function payloadOf({ data, partitionKey }: UserRecord): Unpacked<Uint8Array> {
  return { payload: data, partitionKey };
}

/** Where a record lies. A Kinesis record names its shard only in its id: "shardId-000000000000:sequence number". */
export function kinesisPlace({ eventID: eventId, kinesis }: KinesisStreamRecord, index: number): ParkedSource {
  return { shardId: eventId.split(':', 1)[0], sequenceNumber: kinesis.sequenceNumber, index };
}

/**
 * Names one failure at most, the lowest: a stream is delivered again from there on, whatever else was named.
 *
 * @param end position of the first record that must be delivered again; the number of records when none
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
 */
export function kinesisResponse(records: readonly KinesisStreamRecord[], end: number): KinesisStreamBatchResponse {
  return { batchItemFailures: end === records.length ? [] : [{ itemIdentifier: records[end].kinesis.sequenceNumber }] };
}
