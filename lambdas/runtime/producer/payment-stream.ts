/** Where a payment lies in the stream. */
export interface StreamPosition {
  readonly shardId: string;
  readonly sequenceNumber: string;
  /** Position inside the aggregated record. */
  readonly index: number;
}

/** What became of a payment that was offered. */
export type Delivery =
  /** It is durable in the stream. */
  | { readonly kind: 'durable'; readonly position: StreamPosition }
  /** There is no stream in between: it has come to its end, in the ledger, in the delay queue or parked, now or when it came before. */
  | { readonly kind: 'settled' }
  /** There is no stream in between, and its key took effect before with other fields. */
  | { readonly kind: 'conflict' }
  /** It was refused, or its fate is unknown. Offering it again is safe, as every payment takes effect once. */
  | { readonly kind: 'unavailable'; readonly error: Error };

/** Is told what became of a payment. @param token that came with it */
export type Settle<Token = undefined> = (delivery: Delivery, token: Token) => void;

/** The way into the stream, or past it into the ledger, as the API sees it. */
export interface PaymentStream {
  /** Whether `offer` would refuse now. */
  readonly isFull: boolean;

  /**
   * Hands an encoded payment over.
   *
   * @param data the payment record's bytes, left unchanged until it is settled
   * @param settle is called once, never before `offer` has returned true
   * @param token is told to `settle`, so that one function can do for many payments. @default undefined
   * @returns false if there is no room, or the stream is being drained: nothing was taken
   */
  offer<Token = undefined>(data: Uint8Array, settle: Settle<Token>, token?: Token): boolean;

  /** Takes no more payments and resolves when all that were taken are settled. */
  drain(): Promise<void>;
}
