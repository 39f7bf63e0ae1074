import type { MSKEvent, MSKRecord, SelfManagedKafkaEvent, SelfManagedKafkaRecord } from 'aws-lambda';
import { UnexpectedEventError, UnfinishedBatchError } from '../batch-errors';
import { type BatchSource, decodeJson } from '../batch-source';

export interface KafkaSourceOptions {
  /**
   * Whether the event source mapping reports batch item failures, which it can only with pollers of its own (`ProvisionedPollerConfig`).
   *
   * A mapping that does not takes any answer for a success. So without this option a batch that is not done as a whole is thrown back. What is
   * done of it is remembered by the execution environment, and done again by another one.
   *
   * @default false
   */
  readonly reportsFailures?: boolean;
}

export type KafkaEvent = MSKEvent | SelfManagedKafkaEvent;
export type KafkaRecord = MSKRecord | SelfManagedKafkaRecord;

/** Which records of a batch of Apache Kafka are not done. */
export interface KafkaBatchResponse {
  readonly batchItemFailures: readonly {
    readonly itemIdentifier: {
      /** Topic and partition, as the event names them: `payments-0`. */
      readonly partition: string;
      readonly offset: number;
    };
  }[];
}

/** Null is the tombstone of a compacted topic. */
export type KafkaSource = BatchSource<KafkaEvent, KafkaRecord, Uint8Array | null, KafkaBatchResponse, unknown>;

const TRACE_HEADER = 'traceparent';

/**
 * Batches of Apache Kafka, of Amazon MSK or self-managed. A batch may hold records of several partitions, each with a checkpoint of its own.
 *
 * All records that are not done are named, not the lowest of each partition alone: that is right whether they alone come again or all from the
 * lowest on.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/kafka-retry-configurations.html
 */
export function kafkaSource({ reportsFailures = false }: KafkaSourceOptions = {}): KafkaSource {
  return {
    service: 'Apache Kafka',
    repeatsWhole: !reportsFailures,
    records: ({ records }) => {
      if (typeof records !== 'object' || records === null) {
        throw new UnexpectedEventError('Apache Kafka');
      }
      return Object.values(records).flat();
    },
    unpack: ({ key, value }) => [{
      payload: value == null ? null : Buffer.from(value, 'base64'),
      partitionKey: key ? Buffer.from(key, 'base64').toString('utf8') : undefined,
    }],
    decode: decodeJson,
    streamOf: partitionOf,
    isOrdered: () => false,
    placeOf: (record, index) => ({ shardId: partitionOf(record), sequenceNumber: String(record.offset), index }),
    traceParentOf: ({ headers }) => {
      const bytes = headers?.find((header) => TRACE_HEADER in header)?.[TRACE_HEADER];
      return bytes && Buffer.from(bytes).toString('latin1');
    },
    bytesOf: (payload) => payload ?? new Uint8Array(),
    answer: (records, unfinished) => {
      if (unfinished.length > 0 && !reportsFailures) {
        throw new UnfinishedBatchError(unfinished.length, records.length);
      }
      return {
        response: {
          batchItemFailures: unfinished.map((position) => (
            { itemIdentifier: { partition: partitionOf(records[position]), offset: records[position].offset } }
          )),
        },
        left: unfinished.length,
      };
    },
  };
}

function partitionOf({ topic, partition }: KafkaRecord): string {
  return `${topic}-${partition}`;
}
