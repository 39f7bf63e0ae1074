/** What became of one payment that the load generator sent; the checker's only knowledge of the clients' side. */
export interface Outcome {
  /** Undefined where the posted text was no payment that anybody could have acknowledged. */
  readonly payment?: SentPayment;
  /** HTTP status of the payment, 0 where no answer came. */
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

/** Identity of a payment as one string. */
export function identity(merchantId: string, idempotencyKey: string): string {
  return `${merchantId}\u0000${idempotencyKey}`;
}
