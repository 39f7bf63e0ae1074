import { type HashKey } from './hash-key';
import type { KinesisLimits } from './limits';
import { SequenceNumbers } from './sequence-number';
import { ShardLog, type StoredRecord } from './shard-log';
import { TokenBucket } from './token-bucket';

/** What a shard has done since it was made. */
export interface ShardStatistics {
  readonly shardId: string;
  readonly open: boolean;
  readonly records: number;
  readonly bytes: number;
  /** Records refused for a limit of the shard or of the engine's memory. */
  readonly throttledRecords: number;
  /** Polled reads refused for a limit of the shard. */
  readonly throttledReads: number;
  /** Records that are kept at the moment. */
  readonly storedRecords: number;
}

export interface ShardProps {
  readonly number: number;
  readonly range: { readonly start: HashKey; readonly end: HashKey };
  /** Ids of the shard that was split, or of the two that were merged: the first is the parent, the second the adjacent parent. */
  readonly parentIds: readonly string[];
  /** When the stream was made. */
  readonly streamCreatedAt: number;
  /** First number of the stream's counter that is this shard's. */
  readonly startingCounter: number;
  readonly limits: KinesisLimits;
  readonly now: number;
}

/** One shard: a range of hash keys, its records and its limits. */
export class Shard {
  readonly id: string;
  readonly log = new ShardLog();
  readonly children: Shard[] = [];
  readonly sequenceNumbers: SequenceNumbers;
  private readonly writeBytes: TokenBucket;
  private readonly writeRecords: TokenBucket;
  private readonly readBytes: TokenBucket;
  private readonly readCalls: TokenBucket;
  private readonly listeners = new Set<() => void>();
  private endingCounter: number | undefined;
  private closedTime: number | undefined;
  private written = { records: 0, bytes: 0, throttledRecords: 0, throttledReads: 0 };

  constructor(readonly props: ShardProps) {
    const { limits, now } = props;
    this.id = `shardId-${String(props.number).padStart(12, '0')}`;
    this.sequenceNumbers = new SequenceNumbers(props.streamCreatedAt, props.number);
    this.writeBytes = new TokenBucket(limits.shardWriteBytesPerSecond, now);
    this.writeRecords = new TokenBucket(limits.shardWriteRecordsPerSecond, now);
    this.readBytes = new TokenBucket(limits.shardReadBytesPerSecond, now);
    this.readCalls = new TokenBucket(limits.shardReadsPerSecond, now);
  }

  /** False after a split or a merge. */
  get open(): boolean {
    return this.endingCounter === undefined;
  }

  /** When the shard was closed. */
  get closedAt(): number | undefined {
    return this.closedTime;
  }

  get startingSequenceNumber(): string {
    return this.sequenceNumbers.format(this.props.startingCounter);
  }

  /** Undefined while the shard is open. */
  get endingSequenceNumber(): string | undefined {
    return this.endingCounter === undefined ? undefined : this.sequenceNumbers.format(this.endingCounter);
  }

  /** Takes a record's share of the write limits; false when one of them is used up. */
  admitWrite(bytes: number, now: number): boolean {
    if (!this.writeRecords.allows(1, now) || !this.writeBytes.allows(bytes, now)) {
      return false;
    }
    this.writeRecords.take(1);
    this.writeBytes.take(bytes);
    return true;
  }

  /** Counts a record that was refused. */
  refuseWrite(): void {
    this.written.throttledRecords += 1;
  }

  /** Takes a polled read's share of the calls a second; false when they, or the bytes of earlier reads, are used up. */
  admitRead(now: number): boolean {
    if (!this.readCalls.allows(1, now) || !this.readBytes.hasAny(now)) {
      this.written.throttledReads += 1;
      return false;
    }
    this.readCalls.take(1);
    return true;
  }

  /** Books the bytes of a polled read. */
  chargeRead(bytes: number): void {
    this.readBytes.take(bytes);
  }

  append(record: StoredRecord): void {
    this.log.append(record);
    this.written.records += 1;
    this.written.bytes += record.bytes;
    this.notify();
  }

  close(endingCounter: number, now: number, children: readonly Shard[]): void {
    this.endingCounter = endingCounter;
    this.closedTime = now;
    this.children.push(...children);
    this.notify();
  }

  /** Whether every record before this counter was the shard's last. */
  endsAt(counter: number): boolean {
    return !this.open && !this.log.hasFrom(counter);
  }

  /**
   * Calls back whenever a record has come or the shard was closed.
   *
   * @returns ends it
   */
  watch(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  statistics(): ShardStatistics {
    return { shardId: this.id, open: this.open, ...this.written, storedRecords: this.log.length };
  }

  private notify(): void {
    for (const listener of this.listeners) {
      listener();
    }
  }
}
