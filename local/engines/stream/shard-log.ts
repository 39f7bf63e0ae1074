/** A record as a shard keeps it. */
export interface StoredRecord {
  /** Position in the stream; strictly increasing inside a shard. */
  readonly counter: number;
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  /** Base64 text, as it came. */
  readonly data: string;
  /** Bytes of the data before base64 plus those of the partition key. */
  readonly bytes: number;
  /** Milliseconds since the epoch. */
  readonly arrivalTimestamp: number;
}

/** Bytes that a record takes in memory beside its data: the object, its strings' headers and its sequence number. */
const RECORD_OVERHEAD_BYTES = 200;

/** Memory that a stored record is taken to need: base64 text is a third longer than the data. */
export function storedBytes(record: Pick<StoredRecord, 'data' | 'partitionKey'>): number {
  return record.data.length + record.partitionKey.length + RECORD_OVERHEAD_BYTES;
}

/** The records of one shard, oldest first, cut at the front. */
export class ShardLog {
  /** Dropped records at the front are undefined, so that their memory is free before the array is cut. */
  private records: (StoredRecord | undefined)[] = [];
  private head = 0;
  private heldBytes = 0;
  /** Index behind the records that every registered reader has passed. */
  private passed = 0;
  private heldPassedBytes = 0;
  private horizon = 0;

  get length(): number {
    return this.records.length - this.head;
  }

  /** Memory of the records. */
  get bytes(): number {
    return this.heldBytes;
  }

  /** Memory of those at the front that every registered reader has passed. */
  get passedBytes(): number {
    return this.heldPassedBytes;
  }

  /** The counter behind the last record that was dropped, 0 before the first. */
  get trimHorizon(): number {
    return this.horizon;
  }

  /** The counter behind the newest record. */
  get end(): number {
    return this.length === 0 ? this.horizon : this.records[this.records.length - 1]!.counter + 1;
  }

  get oldest(): StoredRecord | undefined {
    return this.records[this.head];
  }

  append(record: StoredRecord): void {
    this.records.push(record);
    this.heldBytes += storedBytes(record);
  }

  /**
   * Takes note that every registered reader has passed the records before a counter.
   *
   * @returns the memory of those that were not passed before
   */
  pass(counter: number): number {
    const before = this.heldPassedBytes;
    for (this.passed = Math.max(this.passed, this.head); this.passed < this.records.length; this.passed += 1) {
      const record = this.records[this.passed]!;
      if (record.counter >= counter) {
        break;
      }
      this.heldPassedBytes += storedBytes(record);
    }
    return this.heldPassedBytes - before;
  }

  /** Removes the oldest record. */
  dropOldest(): void {
    const record = this.records[this.head]!;
    const bytes = storedBytes(record);
    this.heldBytes -= bytes;
    this.heldPassedBytes -= this.head < this.passed ? bytes : 0;
    this.horizon = record.counter + 1;
    this.records[this.head] = undefined;
    this.head += 1;
    if (this.head > 1024 && this.head * 2 > this.records.length) {
      this.records = this.records.slice(this.head);
      this.passed = Math.max(0, this.passed - this.head);
      this.head = 0;
    }
  }

  /** Records from a counter on and before another, as many as fit; the first is given whatever its size. */
  from(counter: number, maximumRecords: number, maximumBytes: number, before = Infinity): StoredRecord[] {
    const found: StoredRecord[] = [];
    let bytes = 0;
    for (let index = this.indexOf((record) => record.counter >= counter); index < this.records.length && found.length < maximumRecords; index += 1) {
      const record = this.records[index]!;
      bytes += record.bytes;
      if (record.counter >= before || (found.length > 0 && bytes > maximumBytes)) {
        break;
      }
      found.push(record);
    }
    return found;
  }

  /** The first record that came at this time or later. */
  firstSince(timestamp: number): StoredRecord | undefined {
    return this.records[this.indexOf((record) => record.arrivalTimestamp >= timestamp)];
  }

  /** Whether there is a record from this counter on. */
  hasFrom(counter: number): boolean {
    return this.length > 0 && this.records[this.records.length - 1]!.counter >= counter;
  }

  /** Index of the first record for which `reached` holds; it holds for all after it too. */
  private indexOf(reached: (record: StoredRecord) => boolean): number {
    let low = this.head;
    let high = this.records.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (reached(this.records[middle]!)) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }
}
