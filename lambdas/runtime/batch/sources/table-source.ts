import type { DynamoDBBatchItemFailure, DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import type { ChangeSource } from '../../archive/archived-change';
import type { ParkedSource } from '../../parking/parking';
import { UnexpectedEventError } from '../batch-errors';
import type { BatchSource } from '../batch-source';

/** A batch of a table stream whose event source mapping has a tumbling window: only then it names its shard. */
export interface TableStreamWindowEvent extends DynamoDBStreamEvent {
  readonly shardId?: string;
  readonly eventSourceARN?: string;
}

export interface TableStreamWindowResponse {
  readonly batchItemFailures: DynamoDBBatchItemFailure[];
  /** Always empty: what an invocation has done is stored before it answers, so that nothing is lost with a window. */
  readonly state: Record<string, never>;
}

export type TableStreamSource = BatchSource<DynamoDBStreamEvent, DynamoDBRecord, DynamoDBRecord, DynamoDBBatchResponse, DynamoDBRecord>;
export type TableStreamWindowSource
  = BatchSource<TableStreamWindowEvent, DynamoDBRecord, DynamoDBRecord, TableStreamWindowResponse, DynamoDBRecord>;

/** What both forms have in common. */
const COMMON = {
  service: 'an Amazon DynamoDB stream',
  unpack: (record: DynamoDBRecord) => [{ payload: record, partitionKey: rowOf(record) }],
  decode: (record: DynamoDBRecord) => record,
  streamOf: () => '',
  isOrdered: () => false,
  traceParentOf: () => undefined,
  bytesOf: (record: DynamoDBRecord) => Buffer.from(JSON.stringify(record), 'utf8'),
};

/**
 * Batches of one shard of a table stream. Its event source mapping must report batch item failures. Records are the changes as they are.
 * Without an `orderBy` the order of a key is that of a row.
 */
export function tableStreamSource(): TableStreamSource {
  return {
    ...COMMON,
    records: recordsOf,
    placeOf: (record, index, event) => place(record, index, event),
    answer: (records, [lowest = records.length]) => ({ response: { batchItemFailures: failureAt(records, lowest) }, left: records.length - lowest }),
  };
}

/**
 * The same from a mapping with a tumbling window, which names the shard in the event and wants a state in the answer. Such an event may have
 * no records. An event that does not name its shard fails as a whole.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-windows.html
 */
export function tableStreamWindowSource(): TableStreamWindowSource {
  return {
    ...COMMON,
    records: (event) => {
      const records = recordsOf(event);
      if (records.length > 0) {
        streamShardOf(event);
      }
      return records;
    },
    placeOf: (record, index, event) => place(record, index, event),
    answer: (records, [lowest = records.length]) => (
      { response: { batchItemFailures: failureAt(records, lowest), state: {} }, left: records.length - lowest }
    ),
  };
}

/** The shard that a batch comes from. @throws Error where the event does not name it */
export function streamShardOf({ Records: records, eventSourceARN, shardId }: TableStreamWindowEvent): ChangeSource {
  const stream = eventSourceARN ?? records[0]?.eventSourceARN;
  if (!shardId || !stream) {
    throw new Error('the event does not name its shard: the event source mapping needs a tumbling window');
  }
  return { stream, shard: shardId };
}

function recordsOf({ Records: records }: DynamoDBStreamEvent): readonly DynamoDBRecord[] {
  if (!Array.isArray(records) || (records.length > 0 && !('dynamodb' in records[0]))) {
    throw new UnexpectedEventError('an Amazon DynamoDB stream');
  }
  return records;
}

function failureAt(records: readonly DynamoDBRecord[], end: number): DynamoDBBatchItemFailure[] {
  if (end === records.length) {
    return [];
  }
  const itemIdentifier = records[end].dynamodb?.SequenceNumber;
  if (itemIdentifier === undefined) {
    throw new Error('a record without sequence number cannot be reported as failed');
  }
  return [{ itemIdentifier }];
}

/** Without its shard a sequence number says little: then the id of the change names it, and the stream's name is where it is. */
function place(record: DynamoDBRecord, index: number, { shardId }: TableStreamWindowEvent): ParkedSource {
  return shardId !== undefined || record.eventID === undefined
    ? { shardId: shardId ?? '', sequenceNumber: record.dynamodb?.SequenceNumber ?? '', index }
    : { shardId: (record.eventSourceARN ?? '').replace(/^.*:table\//, ''), sequenceNumber: record.eventID, index };
}

function rowOf({ dynamodb }: DynamoDBRecord): string | undefined {
  return dynamodb?.Keys === undefined ? undefined : JSON.stringify(dynamodb.Keys);
}
