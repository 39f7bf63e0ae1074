/** Whether money moves to the merchant or back to the payer. */
export type PaymentType = 'payment' | 'refund';

/** The largest amount of one payment, in minor units: 10^12. */
export const MAXIMUM_AMOUNT = 1_000_000_000_000;

/** A payment or refund that passed validation. Its identity is (merchantId, idempotencyKey). */
export interface Payment {
  readonly merchantId: string;
  readonly idempotencyKey: string;
  readonly payerId: string;
  /** In minor units of the currency: an integer from 1 to 10^12. */
  readonly amount: number;
  /** ISO 4217 alphabetic code. */
  readonly currency: string;
  readonly type: PaymentType;
  /** Idempotency key of the payment that is refunded; present if and only if `type` is `refund`. */
  readonly refundOf?: string;
  /** Token of a card vault, never a card number. A refund may leave it out. */
  readonly cardToken?: string;
}

/** What the API knows about the two sides of a payment, for those who read the stream. It is no part of what a client asks for. */
export interface PaymentEnrichment {
  /** Category of the merchant. @default - not known */
  readonly merchantCategory?: string;
  /** Where the merchant is: a cell of H3, as text. @default - not known */
  readonly merchantCell?: string;
  /** Where the payer is: a cell of H3, as text. @default - not known */
  readonly payerCell?: string;
}

/** A payment as it travels in the stream. */
export interface PaymentRecord extends Payment {
  /** When the API took it in, in milliseconds since 1970. */
  readonly acceptedAt: number;
  /** Neither compared nor stored with the payment. @default - nothing is known */
  readonly enrichment?: PaymentEnrichment;
  /** The trace that it belongs to: value of a `traceparent` header of W3C Trace Context. @default - none */
  readonly traceParent?: string;
}

/** Why a refund, a release or a settle has no effect. */
export type RejectionReason = 'unknown_payment' | 'exceeds_payment' | 'refund_window_closed' | 'unknown_hold' | 'exceeds_hold';
