import { RecordLog } from './record-log';
import type { RecordSpill } from './record-spill';

/** Digits of a sequence number, the fewest that the service uses. Equal length, so numbers of a stream also compare as text. */
const SEQUENCE_DIGITS = 21;
const PREFIX_DIGITS = 10;
const POSITION_DIGITS = SEQUENCE_DIGITS - PREFIX_DIGITS;
/** The first digits of a sequence number name its stream and shard; no number starts with 0. */
const FIRST_STREAM = 100;
/** Shards of a stream that its shard ids have room for: one a second for 48 days. */
const SHARDS_OF_A_STREAM = 2 ** 22;

export interface StreamShardProps {
  /** Number of the stream in this host, 0 to 899. */
  readonly stream: number;
  /** Number of the shard in its stream, 0 to 4,194,303. A child has a higher one than its parent. */
  readonly number: number;
  /** Which part of the keys the shard takes, counted from 0. */
  readonly slot: number;
  /** In milliseconds since 1970. */
  readonly createdAt: number;
  /** @default - the shard was there from the beginning */
  readonly parentId?: string;
  /** @default - records stay in memory */
  readonly spill?: RecordSpill;
}

/** A shard of a table stream: a log and the sequence numbers of its own, which are higher than those of its parent. */
export class StreamShard {
  /** Id as the service forms it: a time and a number. */
  public readonly id: string;
  public readonly parentId: string | undefined;
  public readonly slot: number;
  public readonly log: RecordLog;
  private readonly sequencePrefix: string;
  private closed?: number;

  constructor(props: StreamShardProps) {
    const { stream, number } = props;
    this.sequencePrefix = `${FIRST_STREAM + stream}${String(number).padStart(PREFIX_DIGITS - 3, '0')}`;
    this.id = `shardId-${String(props.createdAt).padStart(20, '0')}-${(stream * SHARDS_OF_A_STREAM + number).toString(16).padStart(8, '0')}`;
    this.parentId = props.parentId;
    this.slot = props.slot;
    this.log = new RecordLog(props.spill);
  }

  /** When it was closed, in milliseconds since 1970; absent while it takes records. */
  public get closedAt(): number | undefined {
    return this.closed;
  }

  /** Takes no more records. */
  public close(at: number): void {
    this.closed = at;
    this.log.seal();
  }

  /** Whether a reader at a position has seen everything that the shard will ever hold. */
  public endsAt(position: number): boolean {
    return this.closed !== undefined && position >= this.log.next;
  }

  /** Sequence number of a position in the log. */
  public sequenceNumber(position: number): string {
    return this.sequencePrefix + String(position).padStart(POSITION_DIGITS, '0');
  }

  /** Sequence number of the last record of a closed shard, the first possible one when it has none; absent while it takes records. */
  public get endingSequenceNumber(): string | undefined {
    return this.closed === undefined ? undefined : this.sequenceNumber(Math.max(0, this.log.next - 1));
  }

  /** Position of a sequence number; nothing when no record of this shard can have it. */
  public positionOf(sequenceNumber: string): number | undefined {
    return sequenceNumber.length === SEQUENCE_DIGITS && sequenceNumber.startsWith(this.sequencePrefix)
      && /^\d+$/.test(sequenceNumber)
      ? Number(sequenceNumber.slice(PREFIX_DIGITS))
      : undefined;
  }
}
