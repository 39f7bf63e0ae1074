/** Bytes of a chunk; one that a larger record fills alone is as large as the record. */
const CHUNK_BYTES = 256 * 1024;
const COMMA = Buffer.from(',');

interface Chunk {
  readonly buffer: Buffer;
  /** Position in the log of the chunk's first record. */
  readonly first: number;
  /** Where each record starts. */
  readonly offsets: number[];
  used: number;
  /** Time of the newest record, in milliseconds since 1970. */
  newest: number;
}

/** A page of a log. */
export interface LogPage {
  /** The records as members of a JSON array, with the commas between them. */
  readonly json: readonly Buffer[];
  /** Position after the last record. */
  readonly next: number;
}

/**
 * An append-only log of JSON texts, numbered from 0 without gaps.
 *
 * Texts lie behind each other in large buffers outside the garbage-collected heap, already separated by commas: a page is a few slices, and
 * nothing is written twice.
 */
export class RecordLog {
  private readonly chunks: Chunk[] = [];
  private end = 0;

  /** Position of the oldest record that is kept; equal to `next` when there is none. */
  public get first(): number {
    return this.chunks.length > 0 ? this.chunks[0].first : this.end;
  }

  /** Position that the next record will have. */
  public get next(): number {
    return this.end;
  }

  /** Bytes that the buffers hold. */
  public get bytes(): number {
    return this.chunks.reduce((sum, chunk) => sum + chunk.buffer.length, 0);
  }

  /** Adds a record. */
  public append(text: string, at: number): void {
    let chunk = this.chunks.at(-1);
    // Three bytes a UTF-16 code unit is the most that UTF-8 needs: only near the end of a chunk is the text measured.
    if (chunk === undefined || chunk.used + text.length * 3 + 1 > chunk.buffer.length) {
      const bytes = Buffer.byteLength(text) + 1;
      if (chunk === undefined || chunk.used + bytes > chunk.buffer.length) {
        chunk = { buffer: Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, bytes)), first: this.end, offsets: [], used: 0, newest: at };
        this.chunks.push(chunk);
      }
    }
    chunk.offsets.push(chunk.used);
    chunk.used += chunk.buffer.write(text, chunk.used);
    chunk.buffer[chunk.used++] = COMMA[0];
    chunk.newest = at;
    this.end++;
  }

  /** Records from a position on, up to a number of them and of bytes; the first one is given whatever its size. */
  public read(from: number, maximumRecords: number, maximumBytes: number): LogPage {
    const json: Buffer[] = [];
    let next = Math.max(from, this.first);
    const last = Math.min(this.end, next + maximumRecords);
    let bytes = 0;
    for (let index = this.chunkOf(next); index < this.chunks.length && next < last; index++) {
      const chunk = this.chunks[index];
      const start = chunk.offsets[next - chunk.first];
      const limit = Math.min(last, chunk.first + chunk.offsets.length);
      let stop = start;
      while (next < limit) {
        const recordEnd = endOf(chunk, next - chunk.first);
        if (bytes > 0 && bytes + recordEnd - stop > maximumBytes) {
          break;
        }
        bytes += recordEnd - stop;
        stop = recordEnd;
        next++;
      }
      if (stop > start) {
        if (json.length > 0) {
          json.push(COMMA);
        }
        json.push(chunk.buffer.subarray(start, stop - 1));
      }
      if (next < limit) {
        break;
      }
    }
    return { json, next };
  }

  /** The newest record for which a text stands in it and a test holds. Looks through everything that is kept. */
  public findLast(text: string, test: (record: string) => boolean): string | undefined {
    const wanted = Buffer.from(text);
    for (let index = this.chunks.length - 1; index >= 0; index--) {
      const chunk = this.chunks[index];
      const content = chunk.buffer.subarray(0, chunk.used);
      for (let at = content.lastIndexOf(wanted); at >= 0; at = at > 0 ? content.lastIndexOf(wanted, at - 1) : -1) {
        const record = upperBound(chunk.offsets, at) - 1;
        const json = content.toString('utf8', chunk.offsets[record], endOf(chunk, record) - 1);
        if (test(json)) {
          return json;
        }
      }
    }
    return undefined;
  }

  /** Drops the chunks whose records are all older than a time, in milliseconds since 1970. */
  public trim(olderThan: number): void {
    while (this.chunks.length > 0 && this.chunks[0].newest < olderThan) {
      this.chunks.shift();
    }
  }

  /** Index of the chunk that holds a position. */
  private chunkOf(position: number): number {
    return Math.max(0, upperBound(this.chunks.map((chunk) => chunk.first), position) - 1);
  }
}

/** Where a record of a chunk ends, its comma included. */
function endOf(chunk: Chunk, record: number): number {
  return chunk.offsets[record + 1] ?? chunk.used;
}

/** Number of sorted values that are not above a value. */
function upperBound(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] <= value) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}
