import * as fs from 'node:fs';
import * as path from 'node:path';

/** Bytes of full chunks that stay in memory. */
const MEMORY_BYTES = 16 * 1024 * 1024;
/** A file is closed for writing at this size; it is deleted when nothing in it is needed any more. */
const FILE_BYTES = 64 * 1024 * 1024;
/** Chunks that were read back and are kept for the next page. */
const LOADED_CHUNKS = 8;

/** The records of a chunk. */
export interface ChunkContent {
  readonly buffer: Buffer;
  /** Where each record starts. */
  readonly offsets: Uint32Array;
}

/** Content that can be put away. */
export interface SpilledContent {
  /** What is in memory; absent when it is in a file. */
  content?: ChunkContent;
}

interface SpillFile {
  readonly name: string;
  readonly descriptor: number;
  bytes: number;
  /** Chunks in it that are still needed. */
  chunks: number;
}

/** Where a chunk lies. */
interface Place {
  readonly file: SpillFile;
  readonly position: number;
  readonly records: number;
  readonly bytes: number;
}

export interface RecordSpillProps {
  /** Existing folder. The files in it are deleted as their records are dropped, and by `close`. */
  readonly folder: string;
  /** Bytes of full chunks that stay in memory, of all logs together. @default 16 MiB */
  readonly memoryBytes?: number;
  /** Bytes at which a new file is begun. @default 64 MiB */
  readonly fileBytes?: number;
  /** A file could not be written; from now on everything stays in memory. */
  readonly onFailure?: (error: Error) => void;
}

/**
 * Keeps the newest full chunks of record logs in memory and the others in files.
 *
 * Writing and reading are synchronous: a chunk is small, and what a log promises must not wait for a disk in the middle.
 */
export class RecordSpill {
  private readonly memoryBytes: number;
  private readonly fileBytes: number;
  /** Chunks in memory, oldest first. */
  private readonly waiting = new Set<SpilledContent>();
  private readonly places = new Map<SpilledContent, Place>();
  /** Chunks that were read back, the one used last at the end. */
  private readonly loaded = new Map<SpilledContent, ChunkContent>();
  private waitingBytes = 0;
  private file?: SpillFile;
  private files = 0;
  private failed = false;

  constructor(private readonly props: RecordSpillProps) {
    this.memoryBytes = props.memoryBytes ?? MEMORY_BYTES;
    this.fileBytes = props.fileBytes ?? FILE_BYTES;
  }

  /** Takes a chunk to which nothing will be added, its content in memory. */
  public add(chunk: SpilledContent): void {
    this.waiting.add(chunk);
    this.waitingBytes += bytesOf(chunk);
    for (const oldest of this.waiting) {
      if (this.waitingBytes <= this.memoryBytes || this.failed) {
        return;
      }
      this.write(oldest);
    }
  }

  /** The records of a chunk that was added and not dropped. @throws Error when the file cannot be read */
  public read(chunk: SpilledContent): ChunkContent {
    if (chunk.content !== undefined) {
      return chunk.content;
    }
    const content = this.loaded.get(chunk) ?? load(this.places.get(chunk) as Place);
    this.loaded.delete(chunk);
    this.loaded.set(chunk, content);
    for (const oldest of this.loaded.keys()) {
      if (this.loaded.size <= LOADED_CHUNKS) {
        break;
      }
      this.loaded.delete(oldest);
    }
    return content;
  }

  /** Bytes that a chunk takes in files. */
  public fileBytesOf(chunk: SpilledContent): number {
    return this.places.get(chunk)?.bytes ?? 0;
  }

  /** Forgets a chunk that was added. */
  public drop(chunk: SpilledContent): void {
    if (this.waiting.delete(chunk)) {
      this.waitingBytes -= bytesOf(chunk);
    }
    this.loaded.delete(chunk);
    const place = this.places.get(chunk);
    this.places.delete(chunk);
    if (place !== undefined && --place.file.chunks === 0 && place.file !== this.file) {
      remove(place.file);
    }
  }

  /** Deletes all files. */
  public close(): void {
    new Set([...this.places.values()].map((place) => place.file).concat(this.file ?? [])).forEach(remove);
    this.places.clear();
    this.file = undefined;
  }

  private write(chunk: SpilledContent): void {
    const { buffer, offsets } = chunk.content as ChunkContent;
    const bytes = offsets.byteLength + buffer.length;
    try {
      const file = this.fileFor(bytes);
      if (fs.writevSync(file.descriptor, [offsets, buffer], file.bytes) < bytes) {
        throw new Error(`${file.name} takes no more`);
      }
      this.places.set(chunk, { file, position: file.bytes, records: offsets.length, bytes });
      file.bytes += bytes;
      file.chunks++;
      this.waitingBytes -= bytesOf(chunk);
      this.waiting.delete(chunk);
      chunk.content = undefined;
    } catch (error) {
      this.failed = true;
      this.props.onFailure?.(error as Error);
    }
  }

  private fileFor(bytes: number): SpillFile {
    if (this.file !== undefined && this.file.bytes + bytes <= this.fileBytes) {
      return this.file;
    }
    const full = this.file;
    const name = path.join(this.props.folder, `stream-records-${this.files++}`);
    this.file = { name, descriptor: fs.openSync(name, 'wx+', 0o600), bytes: 0, chunks: 0 };
    if (full?.chunks === 0) {
      remove(full);
    }
    return this.file;
  }
}

function bytesOf(chunk: SpilledContent): number {
  return chunk.content === undefined ? 0 : chunk.content.buffer.length + chunk.content.offsets.byteLength;
}

function load({ file, position, records, bytes }: Place): ChunkContent {
  const content = Buffer.allocUnsafeSlow(bytes);
  for (let read = 0; read < bytes;) {
    const length = fs.readSync(file.descriptor, content, read, bytes - read, position + read);
    if (length === 0) {
      throw new Error(`${file.name} ends before byte ${position + bytes}`);
    }
    read += length;
  }
  const startBytes = records * Uint32Array.BYTES_PER_ELEMENT;
  return { buffer: content.subarray(startBytes), offsets: new Uint32Array(content.buffer, 0, records) };
}

function remove(file: SpillFile): void {
  fs.closeSync(file.descriptor);
  fs.rmSync(file.name, { force: true });
}
