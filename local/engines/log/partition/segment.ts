/** A piece of a partition: batches behind each other in one buffer. Nothing in it moves once it is written. */
export class Segment {
  /** By batch, its first offset and where it begins; ascending. */
  private readonly offsets: number[] = [];
  private readonly positions: number[] = [];
  private readonly buffer: Buffer;
  private filled = 0;
  private next: number;

  /** @param base the first offset that may lie in it */
  constructor(base: number, capacity: number) {
    this.buffer = Buffer.allocUnsafeSlow(capacity);
    this.next = base;
  }

  /** The offset behind its last record. */
  get end(): number {
    return this.next;
  }

  /** Memory that it takes. */
  get bytes(): number {
    return this.buffer.length;
  }

  hasRoom(bytes: number): boolean {
    return this.filled + bytes <= this.buffer.length;
  }

  /** Takes a copy of a batch. @returns the copy */
  append(batch: Buffer, records: number): Buffer {
    const at = this.filled;
    batch.copy(this.buffer, at);
    this.offsets.push(this.next);
    this.positions.push(at);
    this.filled += batch.length;
    this.next += records;
    return this.buffer.subarray(at, this.filled);
  }

  /**
   * Whole batches from the one on that holds an offset of this segment, and the offset behind them.
   *
   * @param maximumBytes of them together
   * @param atLeastOne the first batch is answered whatever it has
   */
  read(offset: number, maximumBytes: number, atLeastOne: boolean): { readonly bytes: Buffer; readonly next: number } {
    const first = lastNotAbove(this.offsets, offset);
    const begin = this.positions[first];
    if (this.filled - begin <= maximumBytes) {
      return { bytes: this.buffer.subarray(begin, this.filled), next: this.next };
    }
    const fitting = lastNotAbove(this.positions, begin + maximumBytes);
    const end = fitting === first && atLeastOne ? first + 1 : fitting;
    return { bytes: this.buffer.subarray(begin, this.positions[end] ?? this.filled), next: end === first ? offset : this.offsets[end] ?? this.next };
  }
}

/** Index of the last of some ascending numbers that is not above another; 0 where all are. */
function lastNotAbove(numbers: readonly number[], limit: number): number {
  let [low, high] = [0, numbers.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (numbers[middle] <= limit) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}
