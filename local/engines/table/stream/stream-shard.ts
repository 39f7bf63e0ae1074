import { RecordLog } from './record-log';

/** Digits of a sequence number, the fewest that the service uses. Equal length, so numbers of a shard also compare as text. */
const SEQUENCE_DIGITS = 21;
const PREFIX_DIGITS = 7;
const POSITION_DIGITS = SEQUENCE_DIGITS - PREFIX_DIGITS;
/** The first digits of a sequence number name its stream and shard; no number starts with 0. */
const FIRST_STREAM = 100;

/** A shard of a table stream: a log and the sequence numbers of its own. */
export class StreamShard {
  /** Id as the service forms it: a time and a number. */
  public readonly id: string;
  public readonly log = new RecordLog();
  private readonly sequencePrefix: string;

  /**
   * @param stream number of the stream in this host, 0 to 899.
   * @param shard number of the shard in its stream, 0 to 9999.
   * @param createdAt in milliseconds since 1970.
   */
  constructor(stream: number, shard: number, createdAt: number) {
    this.sequencePrefix = `${FIRST_STREAM + stream}${String(shard).padStart(PREFIX_DIGITS - 3, '0')}`;
    const number = (stream * 10_000 + shard).toString(16).padStart(8, '0');
    this.id = `shardId-${String(createdAt).padStart(20, '0')}-${number}`;
  }

  /** Sequence number of a position in the log. */
  public sequenceNumber(position: number): string {
    return this.sequencePrefix + String(position).padStart(POSITION_DIGITS, '0');
  }

  /** Position of a sequence number; nothing when no record of this shard can have it. */
  public positionOf(sequenceNumber: string): number | undefined {
    return sequenceNumber.length === SEQUENCE_DIGITS && sequenceNumber.startsWith(this.sequencePrefix)
      && /^\d+$/.test(sequenceNumber)
      ? Number(sequenceNumber.slice(PREFIX_DIGITS))
      : undefined;
  }
}
