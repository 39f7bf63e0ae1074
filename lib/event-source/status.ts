/** How far a mapping is in one shard. */
export interface ShardStatus {
  readonly shardId: string;
  /** `waiting` for its parents; `reading`; `draining`: read to the end, not yet processed; `finished`. */
  readonly phase: 'waiting' | 'reading' | 'draining' | 'finished';
  /** Sequence number up to which everything is processed or discarded. */
  readonly checkpoint: string | undefined;
  /** Sequence number of the last record that was read. */
  readonly lastReadSequenceNumber: string | undefined;
  /** The last read found nothing behind its records. */
  readonly caughtUp: boolean;
  /** Records that were read and are not behind the checkpoint. */
  readonly unacknowledgedRecords: number;
  readonly invocationsInFlight: number;
  /** A tumbling window has begun and its last invocation has not succeeded. */
  readonly openWindow: boolean;
  /** Age of the last record of the latest invocation when that began, as Lambda's metric IteratorAge; undefined before the first. */
  readonly iteratorAgeMilliseconds: number | undefined;
  /** Age of the oldest record that was read and is not behind the checkpoint, 0 without one. */
  readonly oldestRecordAgeMilliseconds: number;
}
