/** Where a parked record came from. */
export interface ParkedSource {
  /** Shard of the stream, or the queue's name. */
  readonly shardId: string;
  /** Sequence number in the shard, or the queue's message id. */
  readonly sequenceNumber: string;
  /** Position inside an aggregated record; 0 in a plain one. */
  readonly index: number;
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
}

/** Keeps poison out of the way without losing it. */
export interface Parking {
  /**
   * Parks an entry. Parking the same identity again (or the same place of the source, where there is none) changes
   * nothing, so a batch that is delivered again parks nothing twice.
   *
   * @throws when it could not be stored; the record must then be delivered again
   */
  park(entry: ParkedEntry): Promise<void>;

  /** The parked entry of a payment. @throws when the store does not answer */
  find(merchantId: string, idempotencyKey: string): Promise<ParkedEntry | undefined>;
}
