import { ENVELOPE_BYTES } from './limits';
import type { InvocationFailure } from './protocol';
import type { PendingRecord } from './record';

/** Records that go to the function together. */
export interface Batch {
  readonly records: readonly PendingRecord[];
  /** Invocations that ended with a function error and count against `maximumRetryAttempts`. */
  readonly attempts: number;
  /** Times that the function ran with this batch, or with one that it was cut from. */
  readonly invocations: number;
  /** How the last of these failed. */
  readonly lastFailure?: InvocationFailure;
  /** The last invocation of a tumbling window, without records. */
  readonly closesWindow: boolean;
}

/** A batch that the function has not seen yet. */
export function newBatch(records: readonly PendingRecord[], closesWindow = false): Batch {
  return { records, attempts: 0, invocations: 0, closesWindow };
}

/** First-in, first-out queue of a lane's new records that knows its bytes. */
export class RecordQueue {
  private records: PendingRecord[] = [];
  private head = 0;
  private queuedBytes = 0;

  get length(): number {
    return this.records.length - this.head;
  }

  /** Bytes of the records in an event. */
  get bytes(): number {
    return this.queuedBytes;
  }

  get first(): PendingRecord | undefined {
    return this.records[this.head];
  }

  get last(): PendingRecord | undefined {
    return this.length === 0 ? undefined : this.records[this.records.length - 1];
  }

  push(pending: PendingRecord): void {
    this.records.push(pending);
    this.queuedBytes += pending.record.payloadBytes;
  }

  /**
   * Takes the longest run of records from the front that fits one invocation.
   *
   * @param payloadBytes most bytes of the event; the first record is taken whatever its size
   * @param belongs whether a record may be in the same batch as the first
   */
  take(maximumRecords: number, payloadBytes: number, belongs: (pending: PendingRecord) => boolean): PendingRecord[] {
    const taken: PendingRecord[] = [];
    let bytes = ENVELOPE_BYTES;
    while (taken.length < maximumRecords && this.head < this.records.length) {
      const next = this.records[this.head];
      bytes += next.record.payloadBytes;
      if (taken.length > 0 && (bytes > payloadBytes || !belongs(next))) {
        break;
      }
      taken.push(next);
      this.queuedBytes -= next.record.payloadBytes;
      this.head += 1;
    }
    if (this.head === this.records.length || this.head > 4096) {
      this.records = this.records.slice(this.head);
      this.head = 0;
    }
    return taken;
  }
}

/** Cuts a batch in two halves; the first is the larger one. Both keep the attempts: a split is no retry. */
export function bisect(batch: Batch): [Batch, Batch] {
  const middle = Math.ceil(batch.records.length / 2);
  return [
    { ...batch, records: batch.records.slice(0, middle) },
    { ...batch, records: batch.records.slice(middle) },
  ];
}
