import { isRetryable } from '../aws/errors';
import type { AwsCaller } from '../aws/json-client';
import { RECORD_BYTES_PER_CALL, RECORDS_PER_CALL } from '../limits';

/** A record for a Kinesis stream. */
export interface OutgoingRecord {
  readonly partitionKey: string;
  readonly data: Uint8Array;
}

/** Where the service stored a record. */
export interface StoredAt {
  readonly shardId: string;
  readonly sequenceNumber: string;
}

/** What became of the records of one call. */
export interface PutResult {
  /** In the order of the records; undefined where a record is not known to be durable. */
  readonly stored: readonly (StoredAt | undefined)[];
  readonly mayRetry: boolean;
  /** Whether the service said so itself, record by record. */
  readonly refused: boolean;
  /** Why records are not durable, where some are not. */
  readonly error: Error;
}

interface PutRecordsOutput {
  readonly Records?: readonly { readonly SequenceNumber?: string; readonly ShardId?: string; readonly ErrorCode?: string }[];
}

/** How many of the first records fit into one call: at least one, if there are any. */
export function recordsOfCall(records: readonly OutgoingRecord[]): number {
  let count = 0;
  let bytes = 0;
  while (count < records.length && count < RECORDS_PER_CALL) {
    bytes += records[count].data.length + records[count].partitionKey.length;
    if (count > 0 && bytes > RECORD_BYTES_PER_CALL) {
      break;
    }
    count++;
  }
  return count;
}

/** One `PutRecords` call. Never throws. */
export async function putRecords(kinesis: AwsCaller, streamName: string, records: readonly OutgoingRecord[]): Promise<PutResult> {
  let output: PutRecordsOutput;
  try {
    output = await kinesis.call<PutRecordsOutput>('PutRecords', {
      StreamName: streamName,
      Records: records.map(({ data, partitionKey }) => ({ Data: base64(data), PartitionKey: partitionKey })),
    });
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    return { stored: records.map(() => undefined), mayRetry: isRetryable(error), refused: false, error };
  }
  let code = 'no answer for the record';
  const stored = records.map((_, index): StoredAt | undefined => {
    const answer = output.Records?.[index];
    if (answer?.SequenceNumber === undefined || answer.ShardId === undefined) {
      code = answer?.ErrorCode ?? code;
      return undefined;
    }
    return { shardId: answer.ShardId, sequenceNumber: answer.SequenceNumber };
  });
  return { stored, mayRetry: true, refused: true, error: new Error(`Kinesis did not store the record: ${code}`) };
}

function base64(data: Uint8Array): string {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64');
}
