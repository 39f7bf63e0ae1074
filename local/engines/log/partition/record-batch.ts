/** CRC-32C (Castagnoli) of some bytes. */
export type Checksum = (bytes: Buffer) => number;

/** Where what lies in the header of a batch of format 2. See https://kafka.apache.org/documentation/#recordbatch. */
const AT = {
  baseOffset: 0,
  batchLength: 8,
  partitionLeaderEpoch: 12,
  magic: 16,
  checksum: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maximumTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  recordCount: 57,
  records: 61,
} as const;

/** What `batchLength` does not count: itself and the offset in front of it. */
const UNCOUNTED_BYTES = 12;

/** The only format that clients of this decade write. */
const MAGIC = 2;

/** Of transactions, or marks of them. */
const TRANSACTIONAL_OR_CONTROL = 0b11_0000;

/** Of a batch that no idempotent producer wrote. */
export const NO_PRODUCER = -1;

/** What the log has to know of a batch. */
export interface BatchHeader {
  readonly records: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
}

/** Why a batch is not taken. */
export type BatchFault = 'corrupt' | 'invalid';

/**
 * Looks at a batch that a client sent, without reading its records.
 *
 * @returns `corrupt` where the checksum is another one or bytes are missing, `invalid` for what this log does not keep: several batches, those of an
 *   old format or of transactions, and such whose offsets have gaps
 */
export function checkBatch(bytes: Buffer, checksum: Checksum): BatchHeader | BatchFault {
  if (bytes.length < AT.records) {
    return 'corrupt';
  }
  if (bytes[AT.magic] !== MAGIC) {
    return 'invalid';
  }
  const length = bytes.readInt32BE(AT.batchLength) + UNCOUNTED_BYTES;
  if (length !== bytes.length) {
    return length > bytes.length || length < AT.records ? 'corrupt' : 'invalid';
  }
  if (checksum(bytes.subarray(AT.attributes)) !== bytes.readUInt32BE(AT.checksum)) {
    return 'corrupt';
  }
  const records = bytes.readInt32BE(AT.recordCount);
  const isDense = records > 0 && bytes.readInt32BE(AT.lastOffsetDelta) === records - 1;
  const isKept = isDense && (bytes.readInt16BE(AT.attributes) & TRANSACTIONAL_OR_CONTROL) === 0;
  return isKept
    ? {
      records,
      producerId: Number(bytes.readBigInt64BE(AT.producerId)),
      producerEpoch: bytes.readInt16BE(AT.producerEpoch),
      baseSequence: bytes.readInt32BE(AT.baseSequence),
    }
    : 'invalid';
}

/** Tells a batch where it lies. Neither of the two is a part of what the checksum is over. */
export function stampBatch(bytes: Buffer, baseOffset: number, leaderEpoch: number): void {
  bytes.writeBigInt64BE(BigInt(baseOffset), AT.baseOffset);
  bytes.writeInt32BE(leaderEpoch, AT.partitionLeaderEpoch);
}

/** A batch of one record, which no idempotent producer wrote. @param timestamp in milliseconds since 1970 */
export function batchOf(value: Buffer, timestamp: number, checksum: Checksum): Buffer {
  // Attributes, differences of time and offset, and no key; then the value; then no headers.
  const body = Buffer.concat([Buffer.from([0, 0, 0, 1]), zigzag(value.length), value, Buffer.from([0])]);
  const record = Buffer.concat([zigzag(body.length), body]);
  const header = Buffer.alloc(AT.records);
  header.writeInt32BE(AT.records + record.length - UNCOUNTED_BYTES, AT.batchLength);
  header[AT.magic] = MAGIC;
  header.writeBigInt64BE(BigInt(timestamp), AT.baseTimestamp);
  header.writeBigInt64BE(BigInt(timestamp), AT.maximumTimestamp);
  header.writeBigInt64BE(BigInt(NO_PRODUCER), AT.producerId);
  header.writeInt16BE(NO_PRODUCER, AT.producerEpoch);
  header.writeInt32BE(NO_PRODUCER, AT.baseSequence);
  header.writeInt32BE(1, AT.recordCount);
  const batch = Buffer.concat([header, record]);
  batch.writeUInt32BE(checksum(batch.subarray(AT.attributes)), AT.checksum);
  return batch;
}

/** A length as records hold it: doubled, seven bits a byte. */
function zigzag(length: number): Buffer {
  const bytes: number[] = [];
  let rest = length * 2;
  for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) {
    bytes.push((rest & 0x7f) | 0x80);
  }
  return Buffer.from([...bytes, rest]);
}
