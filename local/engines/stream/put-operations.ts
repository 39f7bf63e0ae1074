import { KinesisError } from './errors';
import { type HashKey, parseHashKey } from './hash-key';
import type { KinesisStream } from './kinesis-stream';
import type { KinesisLimits } from './limits';
import { KinesisRequest } from './request';

/** A record of a request after all checks. */
interface CheckedRecord {
  readonly partitionKey: string;
  readonly data: string;
  readonly dataBytes: number;
  readonly explicitHashKey: HashKey | undefined;
}

/** PutRecord: the record or an error. */
export function putRecord(stream: KinesisStream, request: KinesisRequest, limits: KinesisLimits): object {
  const { partitionKey, data, dataBytes, explicitHashKey } = checkedRecord(request, limits);
  const put = stream.put(partitionKey, data, dataBytes, explicitHashKey);
  if ('throttled' in put) {
    throw new KinesisError('ProvisionedThroughputExceededException', put.throttled);
  }
  return { ShardId: put.shard.id, SequenceNumber: put.record.sequenceNumber, EncryptionType: 'NONE' };
}

/** PutRecords: every record fails alone; a malformed one fails the call before anything is written. */
export function putRecords(stream: KinesisStream, request: KinesisRequest, limits: KinesisLimits): object {
  const records = request.list('Records');
  if (records.length < 1 || records.length > limits.putRecordsRecords) {
    throw new KinesisError(
      'ValidationException',
      `1 validation error detected: Value at 'records' failed to satisfy constraint: Member must have length between 1 and ${limits.putRecordsRecords}, got: ${records.length}`,
    );
  }
  const checked = records.map((record) => checkedRecord(KinesisRequest.of(record), limits));
  const bytes = checked.reduce((sum, record) => sum + record.dataBytes + Buffer.byteLength(record.partitionKey), 0);
  if (bytes > limits.putRecordsBytes) {
    throw new KinesisError('InvalidArgumentException', `Records size exceeds ${limits.putRecordsBytes} bytes limit`);
  }
  let failed = 0;
  const results = checked.map(({ partitionKey, data, dataBytes, explicitHashKey }) => {
    const put = stream.put(partitionKey, data, dataBytes, explicitHashKey);
    if ('throttled' in put) {
      failed += 1;
      return { ErrorCode: 'ProvisionedThroughputExceededException', ErrorMessage: put.throttled };
    }
    return { SequenceNumber: put.record.sequenceNumber, ShardId: put.shard.id };
  });
  return { FailedRecordCount: failed, Records: results, EncryptionType: 'NONE' };
}

function checkedRecord(request: KinesisRequest, limits: KinesisLimits): CheckedRecord {
  const partitionKey = request.text('PartitionKey');
  // The limit is in characters; a character beyond the basic plane is two units of the string's length.
  if (partitionKey === '' || (partitionKey.length > limits.partitionKeyCharacters && [...partitionKey].length > limits.partitionKeyCharacters)) {
    throw new KinesisError(
      'ValidationException',
      `1 validation error detected: Value at 'partitionKey' failed to satisfy constraint: Member must have length between 1 and ${limits.partitionKeyCharacters}`,
    );
  }
  const data = request.text('Data');
  const dataBytes = decodedLength(data);
  if (dataBytes + Buffer.byteLength(partitionKey) > limits.recordBytes) {
    throw new KinesisError(
      'ValidationException',
      `1 validation error detected: Value at 'data' failed to satisfy constraint: Member must have length less than or equal to ${limits.recordBytes}`,
    );
  }
  return { partitionKey, data, dataBytes, explicitHashKey: explicitHashKeyOf(request) };
}

function explicitHashKeyOf(request: KinesisRequest): HashKey | undefined {
  const decimal = request.optionalText('ExplicitHashKey');
  if (decimal === undefined) {
    return undefined;
  }
  const key = parseHashKey(decimal);
  if (key === undefined) {
    throw new KinesisError('InvalidArgumentException', `Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was ${decimal}`);
  }
  return key;
}

/** Bytes that base64 text stands for, without decoding it. */
function decodedLength(base64: string): number {
  if (base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) {
    throw new KinesisError('SerializationException', '`Data` must be base64 text.');
  }
  const padding = base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0;
  return (base64.length / 4) * 3 - padding;
}
