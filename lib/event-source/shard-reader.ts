import type { EventSourceConfiguration } from './configuration';
import type { EventSourceEvent, ReadCommand, ReadFailure, ReadPosition } from './protocol';
import type { RandomSource } from './random';
import type { SourceRecord } from './record';
import { retryDelay } from './retry';

/** Most records of one read; the limit of GetRecords. */
const MAXIMUM_READ_RECORDS = 10_000;

type RecordsEvent = Extract<EventSourceEvent, { type: 'records' }>;

/** Reads one shard from its start to its end: where to read on, when, and what to do after a failure. */
export class ShardReader {
  private position: ReadPosition;
  private outstanding: number | undefined;
  private notBefore = 0;
  private failures = 0;
  private openedAt: number | undefined;
  private ignoredBefore = -Infinity;
  private atEnd = false;
  private upToDate = false;

  constructor(
    private readonly shardId: string,
    private readonly start: ReadPosition,
    private readonly configuration: EventSourceConfiguration,
    private readonly random: RandomSource,
  ) {
    this.position = start;
  }

  /** The shard is closed and its last record has been read. */
  get ended(): boolean {
    return this.atEnd;
  }

  /** The last read found nothing behind its records. */
  get caughtUp(): boolean {
    return this.upToDate;
  }

  /** Sequence number of the last record that was read, undefined before the first. */
  get lastSequenceNumber(): string | undefined {
    return this.position.type === 'AFTER_SEQUENCE_NUMBER' ? this.position.sequenceNumber : undefined;
  }

  /** The read that is under way. */
  get outstandingReadId(): number | undefined {
    return this.outstanding;
  }

  /** When the next read may begin, undefined while one is under way or none will follow. */
  get nextReadAt(): number | undefined {
    return this.outstanding === undefined && !this.atEnd ? this.notBefore : undefined;
  }

  /** Begins a read. */
  read(readId: number, maximumRecords: number, now: number): ReadCommand {
    this.openedAt ??= now;
    this.outstanding = readId;
    return { type: 'read', readId, shardId: this.shardId, position: this.position, maximumRecords: Math.min(maximumRecords, MAXIMUM_READ_RECORDS) };
  }

  /** Takes the answer of the read under way and returns the records that count. */
  answered(event: RecordsEvent): readonly SourceRecord[] {
    const { records } = event;
    this.outstanding = undefined;
    this.failures = 0;
    this.atEnd = event.endOfShard;
    this.upToDate = event.caughtUp || event.endOfShard || records.length === 0;
    if (records.length > 0) {
      this.position = { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: records[records.length - 1].sequenceNumber };
    }
    this.notBefore = event.now + (this.upToDate ? this.configuration.idlePollMilliseconds : this.configuration.busyPollMilliseconds);
    return this.ignoredBefore === -Infinity ? records : records.filter((record) => record.arrivalTimestamp >= this.ignoredBefore);
  }

  /** Takes the failure of the read under way. */
  failed(reason: ReadFailure, now: number): void {
    this.outstanding = undefined;
    this.pinLatest();
    this.failures += 1;
    // A new iterator is asked for at once; when that is no good either, something else is wrong.
    if (reason === 'expiredIterator' && this.failures === 1) {
      this.notBefore = now;
      return;
    }
    if (reason === 'trimmed') {
      this.position = { type: 'TRIM_HORIZON' };
    }
    this.notBefore = now + retryDelay(this.configuration.retryBackoff, this.failures, this.random);
  }

  /** Goes back to a checkpoint, or to the starting position when there is none. */
  rewind(sequenceNumber: string | undefined, now: number): void {
    this.outstanding = undefined;
    this.failures = 0;
    this.atEnd = false;
    this.upToDate = false;
    this.notBefore = now;
    this.position = sequenceNumber === undefined ? this.start : { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber };
    this.pinLatest();
  }

  /**
   * LATEST means the end of the shard when the mapping first looked. Asked for a second time it would skip what has come since,
   * so from then on the shard is read from its beginning and what is older is ignored.
   */
  private pinLatest(): void {
    if (this.position.type === 'LATEST' && this.openedAt !== undefined) {
      this.position = { type: 'TRIM_HORIZON' };
      this.ignoredBefore = this.openedAt;
    }
  }
}
