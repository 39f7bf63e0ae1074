import type { Payment, PaymentRecord } from './payment';

/** Whether money of a merchant is set aside, given back to it, or paid out. */
export type MovementType = 'hold' | 'release' | 'settle';

/**
 * Money of a merchant that is set aside (`hold`), given back (`release`) or paid out (`settle`). Of the balance, in its currency:
 *
 * - a hold lowers what is available and raises what is held, by its amount; what is available may fall below zero
 * - a release of a hold, or of a part of it, does the reverse
 * - a settle of a hold, or of a part of it, lowers what is held: that money has left
 *
 * Its identity is (merchantId, idempotencyKey), in one space with payments and refunds.
 */
export interface Movement {
  readonly merchantId: string;
  readonly idempotencyKey: string;
  /** In minor units of the currency: an integer from 1 to 10^12. */
  readonly amount: number;
  /** ISO 4217 alphabetic code. */
  readonly currency: string;
  readonly type: MovementType;
  /** Idempotency key of the hold that is ended, in whole or in part; present if and only if `type` is `release` or `settle`. */
  readonly holdOf?: string;
  /** Why money is moved, a short code: `payout`, `fraud.velocity`. @default - none was given */
  readonly reason?: string;
}

/** A movement as it travels in the stream. */
export interface MovementRecord extends Movement {
  /** When it was taken in, in milliseconds since 1970. */
  readonly acceptedAt: number;
  /** The trace that it belongs to: value of a `traceparent` header of W3C Trace Context. @default - none */
  readonly traceParent?: string;
}

/** What travels in the payment stream. */
export type StreamRecord = PaymentRecord | MovementRecord;

/** Whether a record, or what a client asks for, moves money between what a merchant has available and what is held. */
export function isMovement(record: StreamRecord): record is MovementRecord;
export function isMovement(request: Payment | Movement): request is Movement;
export function isMovement({ type }: Payment | Movement): boolean {
  return type !== 'payment' && type !== 'refund';
}

/** Idempotency key of the row that a record draws on: of a refund its payment, of a release or settle its hold; undefined for others. */
export function drawnKey(record: StreamRecord): string | undefined {
  return isMovement(record) ? record.holdOf : record.refundOf;
}
