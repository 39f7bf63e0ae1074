import type { FetchedRecords, LogRecord } from './record-log';

/**
 * A partition that a worker holds: what was read of it, how far it is done, and when it may go on after a failure.
 *
 * Batches of one partition follow each other, so that what is done is always all up to one offset.
 */
export class HeldPartition {
  /** From where on it is read next. */
  public fetchFrom: number;
  /** The first offset that is not done: what may be committed. */
  public done: number;
  /** What is known to be committed. */
  public committed: number;
  /** Whether a batch of it is under way. */
  public isBusy = false;
  /** Before this no batch begins, in milliseconds since 1970. */
  public retryAt = 0;
  /** Batches in a row of which nothing was done. */
  public failures = 0;
  private logEnd: number;
  private queue: LogRecord[] = [];
  private bytes = 0;

  /** @param offset the first that is not done */
  public constructor(public readonly partition: number, offset: number) {
    this.fetchFrom = offset;
    this.done = offset;
    this.committed = offset;
    this.logEnd = offset;
  }

  /** Records that were read and are not done. */
  public get pending(): number {
    return this.queue.length;
  }

  /** Bytes of their values. */
  public get pendingBytes(): number {
    return this.bytes;
  }

  /** Records that are in the log and not done, as far as is known. */
  public get lag(): number {
    return Math.max(0, this.logEnd - this.done);
  }

  /** Whether something could be begun. */
  public isReady(now: number): boolean {
    return !this.isBusy && this.queue.length > 0 && now >= this.retryAt;
  }

  /**
   * Takes what was read.
   *
   * @param room records that may be kept at most; from the others on it is read again
   * @returns how many records were lost to retention before they were read
   */
  public take({ from, records, next, logStart, logEnd }: FetchedRecords, room: number): number {
    if (from !== this.fetchFrom) {
      // It was asked before this partition went back to an earlier offset.
      return 0;
    }
    const lost = Math.max(0, logStart - from);
    this.logEnd = logEnd;
    for (let index = 0; index < records.length && index < room; index++) {
      this.queue.push(records[index]);
      this.bytes += bytesOf(records[index]);
    }
    this.fetchFrom = records.length > room ? records[room].offset : next;
    if (this.queue.length === 0) {
      // What lies between is no record that anybody could do.
      this.done = this.fetchFrom;
    }
    return lost;
  }

  /**
   * The next records to be done. They stay pending until `conclude`.
   *
   * @param most records
   * @param mostBytes of their values; a larger record comes alone
   */
  public begin(most: number, mostBytes: number): readonly LogRecord[] {
    this.isBusy = true;
    let count = 0;
    for (let bytes = 0; count < Math.min(most, this.queue.length); count++) {
      bytes += bytesOf(this.queue[count]);
      if (count > 0 && bytes > mostBytes) {
        break;
      }
    }
    return this.queue.slice(0, count);
  }

  /**
   * Notes how far a batch is done. What is not done is read again, later.
   *
   * @param end how many of its first records are done
   * @param retryAt from when on the rest may be tried again
   */
  public conclude(batch: readonly LogRecord[], end: number, retryAt: (failures: number) => number): void {
    this.isBusy = false;
    if (end === batch.length) {
      this.queue.splice(0, batch.length);
      this.bytes -= batch.reduce((sum, record) => sum + bytesOf(record), 0);
      this.done = this.queue.length === 0 ? this.fetchFrom : batch[end - 1].offset + 1;
      this.failures = 0;
      return;
    }
    this.failures = end > 0 ? 1 : this.failures + 1;
    this.done = batch[end].offset;
    this.fetchFrom = this.done;
    this.queue = [];
    this.bytes = 0;
    this.retryAt = retryAt(this.failures);
  }
}

function bytesOf({ value }: LogRecord): number {
  return value?.length ?? 0;
}
