/** Where a parked record came from. */
export interface ParkedSource {
  /** Shard of the stream, or the queue's name. */
  readonly shardId: string;
  /** Sequence number in the shard, or the queue's message id. */
  readonly sequenceNumber: string;
  /** Position inside an aggregated record; 0 in a plain one. */
  readonly index: number;
}

/** An operator's decision that a parked entry is not to take effect. */
export interface Discard {
  /** In milliseconds since 1970. */
  readonly at: number;
  readonly by: string;
  readonly reason: string;
}

/** A record that can never take effect as it is, kept with everything needed to look into it and try again. */
export interface ParkedEntry {
  /** Together with `idempotencyKey` the identity, when both could be read. */
  readonly merchantId?: string;
  readonly idempotencyKey?: string;
  /** Why it cannot take effect. Never holds a value of the payload. */
  readonly reason: string;
  /** Name of the format that the payload was read with. */
  readonly schema: string;
  /** The record's bytes as they came. */
  readonly payload: Uint8Array;
  readonly source: ParkedSource;
  /** When it was parked, in milliseconds since 1970. */
  readonly parkedAt: number;
  /** When an operator had it put back into the stream, in milliseconds since 1970; absent when it was parked again since, or never. */
  readonly retriedAt?: number;
  /** Present when an operator has discarded it: the entry stays as the trace of that. */
  readonly discard?: Discard;
}

/** Keeps poison out of the way without losing it. */
export interface Parking {
  /**
   * Parks an entry. Parking the same identity again (or the same place of the source, where there is none) changes
   * nothing, so a batch that is delivered again parks nothing twice. Only what an operator had put back into the stream and comes from there
   * once more takes the place of its entry.
   *
   * @throws when it could not be stored; the record must then be delivered again
   */
  park(entry: ParkedEntry): Promise<void>;

  /** The parked entry of a payment. @throws when the store does not answer */
  find(merchantId: string, idempotencyKey: string): Promise<ParkedEntry | undefined>;
}
