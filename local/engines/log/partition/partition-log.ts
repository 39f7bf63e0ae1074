import { ERROR, type ErrorCode } from '../protocol/error-codes';
import type { MemoryBudget } from './memory-budget';
import { ProducerState } from './producer-state';
import { checkBatch, type Checksum, stampBatch } from './record-batch';
import { Segment } from './segment';

/** The one broker leads from the beginning on. */
export const LEADER_EPOCH = 0;

/** Memory is taken and given back in pieces of this many bytes, unless a batch is larger. */
const SEGMENT_BYTES = 1024 * 1024;

export interface PartitionLogProps {
  readonly checksum: Checksum;
  readonly budget: MemoryBudget;
  /** A larger batch is refused. */
  readonly maximumBatchBytes: number;
  /** What all groups have committed is kept up to this many bytes. */
  readonly retainedBytes: number;
}

/** Where a batch lies, or why it does not. */
export type Appended = { readonly errorCode: typeof ERROR.NONE; readonly baseOffset: number } | { readonly errorCode: Exclude<ErrorCode, 0> };

/** What a partition had from an offset on. */
export interface PartitionRead {
  /** Batches, in pieces; the first may begin below the offset. */
  readonly pieces: readonly Buffer[];
  readonly bytes: number;
  /** The offset behind the last record of them. */
  readonly next: number;
}

/** The records of one partition, as the batches that clients sent, in memory. */
export class PartitionLog {
  private readonly producers = new ProducerState();
  private segments: Segment[] = [];
  private start = 0;
  private end = 0;
  private held = 0;

  constructor(public readonly index: number, private readonly props: PartitionLogProps) {}

  /** The oldest offset that is kept. */
  get logStart(): number {
    return this.start;
  }

  /** The offset that the next record gets. */
  get logEnd(): number {
    return this.end;
  }

  /** Memory of its records. */
  get bytes(): number {
    return this.held;
  }

  /** Whether it holds more than is to be kept of what all groups have passed. */
  get isOverfull(): boolean {
    return this.held > this.props.retainedBytes;
  }

  /** Takes one batch. One that was stored before is answered with where it lies. */
  append(batch: Buffer): Appended {
    const { checksum, maximumBatchBytes } = this.props;
    if (batch.length > maximumBatchBytes) {
      return { errorCode: ERROR.MESSAGE_TOO_LARGE };
    }
    const header = checkBatch(batch, checksum);
    if (typeof header === 'string') {
      return { errorCode: header === 'corrupt' ? ERROR.CORRUPT_MESSAGE : ERROR.INVALID_RECORD };
    }
    const verdict = this.producers.judge(header);
    if (verdict.kind !== 'append') {
      return verdict.kind === 'duplicate' ? { errorCode: ERROR.NONE, baseOffset: verdict.offset } : { errorCode: verdict.errorCode };
    }
    const segment = this.segmentFor(batch.length);
    if (segment === undefined) {
      return { errorCode: ERROR.KAFKA_STORAGE_ERROR };
    }
    const baseOffset = this.end;
    stampBatch(segment.append(batch, header.records), baseOffset, LEADER_EPOCH);
    this.end = segment.end;
    this.producers.remember(header, baseOffset);
    return { errorCode: ERROR.NONE, baseOffset };
  }

  /** Whether an offset can be read from: one that is kept, or the next one. */
  holds(offset: number): boolean {
    return offset >= this.start && offset <= this.end;
  }

  /**
   * Whole batches from an offset on that it holds.
   *
   * @param atLeastOne the first batch is answered whatever it has, so that who reads gets on
   */
  read(offset: number, maximumBytes: number, atLeastOne: boolean): PartitionRead {
    const pieces: Buffer[] = [];
    let bytes = 0;
    let next = offset;
    // Who reads is mostly near the end.
    let at = this.segments.length;
    while (at > 0 && this.segments[at - 1].end > offset) {
      at -= 1;
    }
    for (; at < this.segments.length; at += 1) {
      const segment = this.segments[at];
      const piece = segment.read(next, maximumBytes - bytes, atLeastOne && bytes === 0);
      if (piece.bytes.length > 0) {
        pieces.push(piece.bytes);
        bytes += piece.bytes.length;
      }
      next = piece.next;
      if (next < segment.end) {
        break;
      }
    }
    return { pieces, bytes, next };
  }

  /** Lets records go below an offset that every group has passed, where there is more than is to be retained. */
  trim(passed: number): void {
    while (this.isOverfull && this.segments.length > 0 && this.segments[0].end <= passed) {
      const { bytes, end } = this.segments.shift()!;
      this.start = end;
      this.held -= bytes;
      this.props.budget.give(bytes);
    }
  }

  private segmentFor(bytes: number): Segment | undefined {
    const last = this.segments[this.segments.length - 1];
    if (last?.hasRoom(bytes)) {
      return last;
    }
    const capacity = Math.max(SEGMENT_BYTES, bytes);
    if (!this.props.budget.take(capacity)) {
      return undefined;
    }
    const segment = new Segment(this.end, capacity);
    this.segments.push(segment);
    this.held += capacity;
    return segment;
  }
}
