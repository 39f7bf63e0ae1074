/** What became of one payment, hold, release or payout that the load generator sent; the checker's only knowledge of the clients' side. */
export interface Outcome {
  /** Undefined where the posted text was no payment that anybody could have acknowledged. */
  readonly payment?: SentPayment;
  /** Set instead where it was a hold or a release. */
  readonly movement?: SentMovement;
  /** Set instead where it was a payout. */
  readonly payout?: SentPayout;
  /** HTTP status of its own, 0 where no answer came. */
  readonly status: number;
  /** When it was due, in milliseconds since 1970. */
  readonly scheduledAt: number;
  /** When its answer came. */
  readonly answeredAt: number;
  /** It left later than its schedule allows. */
  readonly late: boolean;
}

/** The fields of a payment that decide its effect. */
export interface SentPayment {
  readonly merchantId: string;
  readonly idempotencyKey: string;
  readonly payerId: string;
  readonly amount: number;
  readonly currency: string;
  readonly type: 'payment' | 'refund';
  readonly refundOf?: string;
  readonly token?: string;
}

/** The fields of a hold, of a release or of a settle that decide its effect. */
export interface SentMovement {
  readonly merchantId: string;
  readonly idempotencyKey: string;
  readonly amount: number;
  readonly currency: string;
  readonly type: 'hold' | 'release' | 'settle';
  readonly holdOf?: string;
  readonly reason?: string;
}

/** The fields of a payout. */
export interface SentPayout {
  readonly merchantId: string;
  readonly idempotencyKey: string;
  readonly amount: number;
  readonly currency: string;
}

/** What has a row of the ledger under its own key. */
export type SentEntry = SentPayment | SentMovement;

export function isSentPayment(entry: SentEntry): entry is SentPayment {
  return entry.type === 'payment' || entry.type === 'refund';
}

/** Identity of a payment as one string. */
export function identity(merchantId: string, idempotencyKey: string): string {
  return `${merchantId}\u0000${idempotencyKey}`;
}
