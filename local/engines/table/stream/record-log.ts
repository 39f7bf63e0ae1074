import type { RecordSpill, SpilledContent } from './record-spill';

/** Bytes of a log's first chunk; each next one is twice as large, up to the larger size. One that a larger record fills alone is as large as it. */
const FIRST_CHUNK_BYTES = 16 * 1024;
const CHUNK_BYTES = 256 * 1024;
const COMMA = Buffer.from(',');

/** Records behind each other; nothing is added any more. */
interface FullChunk extends SpilledContent {
  /** Position in the log of the chunk's first record. */
  readonly first: number;
  /** Number of its records. */
  readonly count: number;
  /** Time of the newest record, in milliseconds since 1970. */
  readonly newest: number;
}

/** The chunk that records are added to. */
interface OpenChunk {
  readonly buffer: Buffer;
  readonly first: number;
  readonly offsets: number[];
  used: number;
  newest: number;
}

/** The records of a chunk, in memory. */
interface Content {
  readonly buffer: Buffer;
  /** Where each record starts. */
  readonly offsets: ArrayLike<number>;
  /** Where the last record ends, its comma included. */
  readonly used: number;
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
 * nothing is written twice. With a spill, buffers that are full go to files in their turn and are read back for readers that are behind.
 */
export class RecordLog {
  private readonly full: FullChunk[] = [];
  private open?: OpenChunk;
  private end = 0;
  private writtenBytes = 0;
  private chunkBytes = FIRST_CHUNK_BYTES;

  /** @param spill where full chunks go. Default: they stay in memory */
  constructor(private readonly spill?: RecordSpill) {}

  /** Position of the oldest record that is kept; equal to `next` when there is none. */
  public get first(): number {
    return (this.full[0] ?? this.open)?.first ?? this.end;
  }

  /** Bytes of all records that were ever added. */
  public get written(): number {
    return this.writtenBytes;
  }

  /** Position that the next record will have. */
  public get next(): number {
    return this.end;
  }

  /** Bytes of memory that the buffers hold. */
  public get bytes(): number {
    return this.full.reduce((sum, chunk) => sum + (chunk.content?.buffer.length ?? 0), this.open?.buffer.length ?? 0);
  }

  /** Bytes that lie in files. */
  public get fileBytes(): number {
    return this.spill === undefined ? 0 : this.full.reduce((sum, chunk) => sum + (this.spill as RecordSpill).fileBytesOf(chunk), 0);
  }

  /** Adds a record. */
  public append(text: string, at: number): void {
    const chunk = this.chunkFor(text, at);
    const start = chunk.used;
    chunk.offsets.push(start);
    chunk.used += chunk.buffer.write(text, start);
    chunk.buffer[chunk.used++] = COMMA[0];
    this.writtenBytes += chunk.used - start;
    chunk.newest = at;
    this.end++;
  }

  /** Says that nothing will be added: the rest of the last buffer is given back. */
  public seal(): void {
    if (this.open !== undefined) {
      const { buffer, first, offsets, used, newest } = this.open;
      const chunk: FullChunk = {
        first, count: offsets.length, newest, content: { buffer: tightened(buffer, used), offsets: Uint32Array.from(offsets) },
      };
      this.open = undefined;
      this.full.push(chunk);
      this.spill?.add(chunk);
    }
  }

  /** Records from a position on, up to a number of them and of bytes; the first one is given whatever its size. */
  public read(from: number, maximumRecords: number, maximumBytes: number): LogPage {
    const json: Buffer[] = [];
    let next = Math.max(from, this.first);
    const last = Math.min(this.end, next + maximumRecords);
    let bytes = 0;
    for (let index = this.chunkOf(next); next < last; index++) {
      const { first, count, content } = this.chunk(index);
      const { buffer, offsets } = content;
      const start = offsets[next - first];
      const limit = Math.min(last, first + count);
      let stop = start;
      while (next < limit) {
        const recordEnd = endOf(content, next - first);
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
        json.push(buffer.subarray(start, stop - 1));
      }
      if (next < limit) {
        break;
      }
    }
    return { json, next };
  }

  /** The newest record in which a text stands and for which a test holds. Looks through everything that is kept. */
  public findLast(text: string, test: (record: string) => boolean): string | undefined {
    const wanted = Buffer.from(text);
    for (let index = this.full.length - (this.open === undefined ? 1 : 0); index >= 0; index--) {
      const { content } = this.chunk(index);
      const texts = content.buffer.subarray(0, content.used);
      for (let at = texts.lastIndexOf(wanted); at >= 0; at = at > 0 ? texts.lastIndexOf(wanted, at - 1) : -1) {
        const record = upperBound(content.offsets.length, (place) => content.offsets[place], at) - 1;
        const json = texts.toString('utf8', content.offsets[record], endOf(content, record) - 1);
        if (test(json)) {
          return json;
        }
      }
    }
    return undefined;
  }

  /** Drops the chunks whose records are all older than a time, in milliseconds since 1970. */
  public trim(olderThan: number): void {
    for (let oldest = this.full[0]; oldest !== undefined && oldest.newest < olderThan; oldest = this.full[0]) {
      this.full.shift();
      this.spill?.drop(oldest);
    }
    if (this.full.length === 0 && this.open !== undefined && this.open.newest < olderThan) {
      this.open = undefined;
    }
  }

  /** The chunk that a text goes to; a new one when it does not fit in the last. */
  private chunkFor(text: string, at: number): OpenChunk {
    const { open } = this;
    // Three bytes a UTF-16 code unit is the most that UTF-8 needs: only near the end of a chunk is the text measured.
    if (open !== undefined && open.used + text.length * 3 + 1 <= open.buffer.length) {
      return open;
    }
    const bytes = Buffer.byteLength(text) + 1;
    if (open !== undefined && open.used + bytes <= open.buffer.length) {
      return open;
    }
    this.seal();
    this.open = { buffer: Buffer.allocUnsafeSlow(Math.max(this.chunkBytes, bytes)), first: this.end, offsets: [], used: 0, newest: at };
    this.chunkBytes = Math.min(CHUNK_BYTES, this.chunkBytes * 2);
    return this.open;
  }

  /** Index of the chunk that holds a position; the open one comes after the full ones. */
  private chunkOf(position: number): number {
    const index = upperBound(this.full.length, (place) => this.full[place].first, position) - 1;
    return this.open !== undefined && position >= this.open.first ? this.full.length : Math.max(0, index);
  }

  private chunk(index: number): { readonly first: number; readonly count: number; readonly content: Content } {
    const chunk = this.full[index];
    if (chunk === undefined) {
      const open = this.open as OpenChunk;
      return { first: open.first, count: open.offsets.length, content: open };
    }
    const { buffer, offsets } = this.spill?.read(chunk) ?? chunk.content as Required<FullChunk>['content'];
    return { first: chunk.first, count: chunk.count, content: { buffer, offsets, used: buffer.length } };
  }
}

/** The used part of a buffer. It is copied when that gives back much: a slice would hold on to the whole. */
function tightened(buffer: Buffer, used: number): Buffer {
  if (used > buffer.length * 0.75) {
    return buffer.subarray(0, used);
  }
  const copy = Buffer.allocUnsafeSlow(used);
  buffer.copy(copy, 0, 0, used);
  return copy;
}

/** Where a record of a chunk ends, its comma included. */
function endOf(content: Content, record: number): number {
  return record + 1 < content.offsets.length ? content.offsets[record + 1] : content.used;
}

/** How many of a number of sorted values are not above a value. */
function upperBound(count: number, valueAt: (index: number) => number, value: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (valueAt(middle) <= value) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}
