import { hash } from 'node:crypto';
import { WireFormatError, WireReader, varintSize, writeVarint } from '../protobuf/wire-reader';

/**
 * The aggregated record format of the Kinesis Producer Library (KPL): four magic bytes, a protobuf message
 * `AggregatedRecord` and the MD5 digest of that message.
 *
 * Source: github.com/awslabs/amazon-kinesis-producer, aggregation-format.md
 */
const MAGIC = Buffer.from([0xf3, 0x89, 0x9a, 0xc2]);
const DIGEST_BYTES = 16;

// Tags of AggregatedRecord ...
const PARTITION_KEY_TABLE = 0x0a;
const RECORDS = 0x1a;
// ... and of its Record.
const PARTITION_KEY_INDEX = 0x08;
const DATA = 0x1a;

/** One user record of an aggregate. `data` is a view of the aggregate's bytes, not a copy. */
export interface UserRecord {
  readonly partitionKey: string;
  readonly data: Uint8Array;
}

/** Packs user records into one aggregated record of bounded size. */
export class AggregateBuilder {
  private readonly partitionKeys = new Map<string, number>();
  private readonly encodedKeys: Buffer[] = [];
  private readonly indexes: number[] = [];
  private readonly data: Uint8Array[] = [];
  private bytes = MAGIC.length + DIGEST_BYTES;
  /** The key of the record before, which most have too, and its index. */
  private lastKey: string | undefined;
  private lastIndex = 0;

  /** @param maximumBytes Upper bound of the length of what `build` returns, magic bytes and digest included. */
  constructor(private readonly maximumBytes: number) {}

  /**
   * Adds a user record if the aggregate then still fits into `maximumBytes`.
   *
   * @returns false if it does not fit; the builder is then unchanged. An empty builder answers false for a record that never fits.
   */
  tryAdd(partitionKey: string, data: Uint8Array): boolean {
    const known = partitionKey === this.lastKey ? this.lastIndex : this.partitionKeys.get(partitionKey);
    const index = known ?? this.encodedKeys.length;
    let added = fieldSize(recordSize(index, data.length));
    let encodedKey: Buffer | undefined;
    if (known === undefined) {
      encodedKey = Buffer.from(partitionKey, 'utf8');
      added += fieldSize(encodedKey.length);
    }
    if (this.bytes + added > this.maximumBytes) {return false;}

    if (encodedKey !== undefined) {
      this.partitionKeys.set(partitionKey, index);
      this.encodedKeys.push(encodedKey);
    }
    this.lastKey = partitionKey;
    this.lastIndex = index;
    this.indexes.push(index);
    this.data.push(data);
    this.bytes += added;
    return true;
  }

  /** Number of user records added so far. */
  get count(): number {
    return this.data.length;
  }

  /** Exact length in bytes of what `build` would return now. */
  get byteLength(): number {
    return this.bytes;
  }

  /** Returns the aggregated record. The builder stays as it is, so that more can be added and built again. */
  build(): Uint8Array {
    const target = Buffer.allocUnsafe(this.bytes);
    MAGIC.copy(target);
    let position = MAGIC.length;
    for (const key of this.encodedKeys) {
      target[position] = PARTITION_KEY_TABLE;
      position = writeVarint(target, position + 1, key.length);
      target.set(key, position);
      position += key.length;
    }
    for (let record = 0; record < this.data.length; record++) {
      const index = this.indexes[record];
      const data = this.data[record];
      target[position] = RECORDS;
      position = writeVarint(target, position + 1, recordSize(index, data.length));
      target[position] = PARTITION_KEY_INDEX;
      position = writeVarint(target, position + 1, index);
      target[position] = DATA;
      position = writeVarint(target, position + 1, data.length);
      target.set(data, position);
      position += data.length;
    }
    target.set(digest(target.subarray(MAGIC.length, position)), position);
    return target;
  }
}

/** Bytes of a length-delimited field with a one-byte tag. */
function fieldSize(content: number): number {
  return 1 + varintSize(content) + content;
}

function recordSize(index: number, dataLength: number): number {
  return 1 + varintSize(index) + fieldSize(dataLength);
}

function digest(message: Uint8Array): Buffer {
  return hash('md5', message, 'buffer');
}

/**
 * Splits a stream record into the user records in it, in their order.
 *
 * A record that is no aggregate comes back as itself with the given partition key; so does one whose magic bytes, digest or message is damaged,
 * because only the reader of its content can tell what to do with it.
 */
export function deaggregate(data: Uint8Array, partitionKey: string): UserRecord[] {
  const messageEnd = data.length - DIGEST_BYTES;
  if (messageEnd < MAGIC.length || data[0] !== MAGIC[0] || data[1] !== MAGIC[1] || data[2] !== MAGIC[2] || data[3] !== MAGIC[3]) {
    return [{ partitionKey, data }];
  }
  const buffer = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (!digest(buffer.subarray(MAGIC.length, messageEnd)).equals(buffer.subarray(messageEnd))) {return [{ partitionKey, data }];}
  try {
    return readAggregate(buffer, messageEnd);
  } catch (error) {
    if (error instanceof WireFormatError) {return [{ partitionKey, data }];}
    throw error;
  }
}

function readAggregate(buffer: Buffer, end: number): UserRecord[] {
  const reader = new WireReader(buffer, MAGIC.length, end);
  const table: string[] = [];
  const indexes: number[] = [];
  const data: Uint8Array[] = [];
  while (!reader.atEnd) {
    const tag = reader.tag();
    if (tag === PARTITION_KEY_TABLE) {
      const contentEnd = reader.contentEnd();
      table.push(buffer.toString('utf8', reader.position, contentEnd));
      reader.position = contentEnd;
    } else if (tag === RECORDS) {
      const contentEnd = reader.contentEnd();
      const record = new WireReader(buffer, reader.position, contentEnd);
      readUserRecord(record, buffer, indexes, data);
      reader.position = contentEnd;
    } else {
      reader.skip(tag);
    }
  }
  // The table may follow the records on the wire, so that indexes are resolved last.
  return data.map((content, record) => {
    const key = table[indexes[record]];
    if (key === undefined) {throw new WireFormatError('partition key index is outside of the table');}
    return { partitionKey: key, data: content };
  });
}

function readUserRecord(reader: WireReader, buffer: Buffer, indexes: number[], data: Uint8Array[]): void {
  let index: number | undefined;
  let content: Uint8Array | undefined;
  while (!reader.atEnd) {
    const tag = reader.tag();
    if (tag === PARTITION_KEY_INDEX) {
      index = reader.varint();
    } else if (tag === DATA) {
      const contentEnd = reader.contentEnd();
      content = buffer.subarray(reader.position, contentEnd);
      reader.position = contentEnd;
    } else {
      reader.skip(tag);
    }
  }
  if (index === undefined || content === undefined) {throw new WireFormatError('user record lacks a required field');}
  indexes.push(index);
  data.push(content);
}
