import { isRetryable, isThrottleCode } from '../aws/errors';
import { JsonWriter, type WritesJson } from '../aws/json-bytes';
import type { AwsCaller } from '../aws/json-client';
import { RECORD_BYTES_PER_CALL, RECORDS_PER_CALL } from '../limits';

/** A record for a Kinesis stream. */
export interface OutgoingRecord {
  readonly partitionKey: string;
  /** Place in the hash key space, a decimal number below 2^128. @default - the MD5 digest of the partition key */
  readonly explicitHashKey?: string;
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
  /** Records that were refused because too much was asked of their shard: where the record stands, and the shard if the answer names it. */
  readonly throttled: ReadonlyMap<number, string | undefined>;
  /** Why records are not durable, where some are not. Made when it is asked for: nearly always nobody does, and its stack is costly. */
  readonly error: Error;
}

/** The answer for a record: the first two of a stored one, the others of one that was refused. */
interface RecordAnswer {
  readonly SequenceNumber?: string;
  readonly ShardId?: string;
  readonly ErrorCode?: string;
  readonly ErrorMessage?: string;
}

interface PutRecordsOutput {
  readonly Records?: readonly RecordAnswer[];
}

/** "Rate exceeded for shard shardId-000000000001 in stream …". Source: docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html. */
const SHARD_OF_MESSAGE = /\bshardId-\d{12,}\b/;

const NO_THROTTLES: ReadonlyMap<number, string | undefined> = new Map();

/** What a record takes of the bytes of a call and of its shard. */
export function recordBytes({ data, partitionKey }: OutgoingRecord): number {
  return data.length + partitionKey.length;
}

/** Whether a call may hold so many records of so many bytes. One record always goes, so that it is the service that refuses it. */
export function fitsCall(records: number, bytes: number): boolean {
  return records <= 1 || (records <= RECORDS_PER_CALL && bytes <= RECORD_BYTES_PER_CALL);
}

/** How many of the first records fit into one call: at least one, if there are any. */
export function recordsOfCall(records: readonly OutgoingRecord[]): number {
  let count = 0;
  let bytes = 0;
  while (count < records.length) {
    bytes += recordBytes(records[count]);
    if (!fitsCall(count + 1, bytes)) {
      break;
    }
    count++;
  }
  return count;
}

/** A record as PutRecords takes it. */
interface RecordInput {
  /** Base64. */
  readonly Data: string;
  readonly PartitionKey: string;
  readonly ExplicitHashKey?: string;
}

const json = new JsonWriter();

/** The input of PutRecords. Nothing in base64 needs to be escaped, and a record is thousands of characters of it. */
class PutRecordsInput implements WritesJson {
  public readonly Records: readonly RecordInput[];

  public constructor(public readonly StreamName: string, records: readonly OutgoingRecord[]) {
    this.Records = records.map(({ data, partitionKey, explicitHashKey }) => (
      { Data: base64(data), PartitionKey: partitionKey, ...(explicitHashKey !== undefined && { ExplicitHashKey: explicitHashKey }) }
    ));
  }

  public writeJson(): Uint8Array {
    json.begin();
    json.raw('{"StreamName":');
    json.text(this.StreamName);
    json.raw(',"Records":[');
    this.Records.forEach(({ Data, PartitionKey, ExplicitHashKey }, index) => {
      json.raw(index === 0 ? '{"Data":"' : ',{"Data":"');
      json.rawLong(Data);
      json.raw('","PartitionKey":');
      json.text(PartitionKey);
      if (ExplicitHashKey !== undefined) {
        json.raw(',"ExplicitHashKey":');
        json.text(ExplicitHashKey);
      }
      json.raw('}');
    });
    json.raw(']}');
    return json.end();
  }
}

/** One `PutRecords` call. Never throws. */
export async function putRecords(kinesis: AwsCaller, streamName: string, records: readonly OutgoingRecord[]): Promise<PutResult> {
  let output: PutRecordsOutput;
  try {
    output = await kinesis.call<PutRecordsOutput>('PutRecords', new PutRecordsInput(streamName, records));
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    return { stored: records.map(() => undefined), mayRetry: isRetryable(error), refused: false, throttled: NO_THROTTLES, error };
  }
  let code = 'no answer for the record';
  let throttled: Map<number, string | undefined> | undefined;
  const stored = records.map((_, index): StoredAt | undefined => {
    const answer = output.Records?.[index];
    if (answer?.SequenceNumber === undefined || answer.ShardId === undefined) {
      code = answer?.ErrorCode ?? code;
      if (isThrottleCode(code)) {
        (throttled ??= new Map()).set(index, SHARD_OF_MESSAGE.exec(answer?.ErrorMessage ?? '')?.[0]);
      }
      return undefined;
    }
    return { shardId: answer.ShardId, sequenceNumber: answer.SequenceNumber };
  });
  return {
    stored,
    mayRetry: true,
    refused: true,
    throttled: throttled ?? NO_THROTTLES,
    get error() {
      return new Error(`Kinesis did not store the record: ${code}`);
    },
  };
}

function base64(data: Uint8Array): string {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64');
}
