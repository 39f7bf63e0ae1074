/** A record as it lies in a partition of a log. */
export interface LogRecord {
  /** Its place in the partition. Places ascend; they need not follow each other without gaps. */
  readonly offset: number;
  /** Null is the tombstone of a compacted topic. */
  readonly value: Uint8Array | null;
  /** When it was written, in milliseconds since 1970, as its writer says. */
  readonly timestamp: number;
}

/** A record for a log. */
export interface OutgoingLogRecord {
  /** From 0; beyond the last one it begins with the first again. */
  readonly partition: number;
  readonly value: Uint8Array;
}

/** Where a record was stored. */
export interface LogPlace {
  readonly partition: number;
  readonly offset: number;
}

/** Puts records into a log. */
export interface RecordLogWriter {
  /**
   * Stores records durably: all replicas that are in step have them. Never throws.
   *
   * A record that failed may be in the log all the same, and put there again it may lie there twice.
   *
   * @returns in the order of the records, where each was stored, or why it is not known to be
   */
  publish(records: readonly OutgoingLogRecord[]): Promise<readonly (LogPlace | Error)[]>;

  /** Waits for what is under way and lets go of connections. */
  close(): Promise<void>;
}

/** From where on a partition is read. */
export interface FetchPosition {
  readonly partition: number;
  readonly offset: number;
}

export interface FetchOptions {
  /** How long to wait for the first record where there is none, in milliseconds. */
  readonly waitMilliseconds: number;
  /** Bytes of one partition at most; a larger record comes alone. */
  readonly partitionBytes: number;
}

/** What a partition had from a position on. */
export interface FetchedRecords {
  readonly partition: number;
  /** The position that was asked for, so that an answer to a question that is no longer of interest can be told. */
  readonly from: number;
  /** Ascending, none below `from`. */
  readonly records: readonly LogRecord[];
  /** From where on to read next: behind the last record, and behind what is no record, such as the marks of transactions. */
  readonly next: number;
  /** Offset of the oldest record that is kept. Above `from`, records were lost to retention before they were read. */
  readonly logStart: number;
  /** Offset that the next record will have. */
  readonly logEnd: number;
}

/** What a member of a group is told. Nothing of it may throw. */
export interface MembershipListener {
  /**
   * The group is being dealt out anew. What is held may be lost with `assigned`, and until then nobody else has it: to go on with it is to do no more
   * than a part of a batch twice.
   */
  rebalancing(): void;

  /**
   * These partitions are held from now on, and no others.
   *
   * @param partitions where reading begins in each: at what was committed last, or at the oldest record
   */
  assigned(partitions: ReadonlyMap<number, number>): void;

  /** The membership is over, for good: nothing is held, nothing can be committed. Who goes on joins again. */
  ended(error: Error): void;
}

/**
 * A member of a group of readers.
 *
 * Whoever holds it says from where on to read, and of which partitions: to leave one out is to pause it, to ask from an earlier offset is to seek.
 */
export interface Membership {
  /**
   * Reads on. Answers as soon as one of the partitions has something, or when the wait is over, perhaps for some of the partitions only.
   *
   * @throws Error when the log could not be asked
   */
  fetch(positions: readonly FetchPosition[], options: FetchOptions): Promise<readonly FetchedRecords[]>;

  /**
   * Keeps how far partitions are done, for whoever holds them next. It counts as of the round in which they were held: while the group is being dealt
   * out it is still taken, and refused from when the next round has begun.
   *
   * @param offsets by partition, the first offset that is not done
   * @throws Error when it is not known to be kept
   */
  commit(offsets: ReadonlyMap<number, number>): Promise<void>;

  /** Leaves the group, so that others take over at once. Never throws. */
  leave(): Promise<void>;
}

/** A group of readers of one topic, among which its partitions are dealt out. */
export interface RecordLogGroup {
  /** Joins the group. @throws Error when that does not succeed */
  join(listener: MembershipListener): Promise<Membership>;
}
