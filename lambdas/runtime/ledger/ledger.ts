import type { Payment, PaymentRecord, RejectionReason } from '../payment/payment';

/** What became of one payment or refund. */
export type Outcome =
  /** It took effect now. */
  | { readonly kind: 'applied' }
  /** Its key took effect before. `conflict`: with other fields, which stay what they were. */
  | { readonly kind: 'duplicate'; readonly conflict: boolean }
  /** A refund without effect, now or when it came before with the same fields. */
  | { readonly kind: 'rejected'; readonly reason: RejectionReason }
  /** A refund whose payment is not there yet. */
  | { readonly kind: 'waiting' }
  /** The store could not be asked, or its answer was lost for good: try again later. The effect is unknown. */
  | { readonly kind: 'unavailable'; readonly error: Error }
  /** It can never be stored: park it. */
  | { readonly kind: 'impossible'; readonly reason: string };

export interface ApplyOptions {
  /** Time after which no new call starts, in milliseconds since 1970. @default - the ledger's own limits */
  readonly deadline?: number;
}

export interface ApplyRefundOptions extends ApplyOptions {
  /** An absent payment no longer means `waiting`: the refund is stored as rejected with `unknown_payment`. @default false */
  readonly waitIsOver?: boolean;
}

/** A stored payment or refund. */
export interface LedgerEntry extends Payment {
  readonly status: 'applied' | 'rejected';
  /** Only when `status` is `rejected`. */
  readonly reason?: RejectionReason;
  /** When the API took it in, in milliseconds since 1970. */
  readonly acceptedAt: number;
  /** When it was stored, in milliseconds since 1970. */
  readonly settledAt: number;
}

/**
 * The books. Of one key (merchantId, idempotencyKey) the first to be applied wins and has its effect once, however
 * often and in whatever batches it comes again.
 *
 * Every implementation passes the same contract test. No method throws for a single payment: it answers `unavailable`
 * or `impossible`.
 */
export interface Ledger {
  /**
   * Applies payments (type `payment`) in bulk.
   *
   * @param payments may hold equal keys; the first of them counts as the earlier one
   * @returns outcomes in the same order
   */
  applyPayments(payments: readonly PaymentRecord[], options?: ApplyOptions): Promise<Outcome[]>;

  /** Applies one refund (type `refund`) and lowers what is left to refund of its payment, both or neither. */
  applyRefund(refund: PaymentRecord, options?: ApplyRefundOptions): Promise<Outcome>;

  /**
   * Reads a settled payment or refund.
   *
   * @throws when the store does not answer
   */
  find(merchantId: string, idempotencyKey: string, options?: ConsistencyOptions): Promise<LedgerEntry | undefined>;
}

/** How something is read. */
export interface ConsistencyOptions {
  /**
   * Whether the answer is at least as fresh as every write that was answered before. Otherwise it may miss the latest ones, for half the price.
   *
   * @default true
   */
  readonly consistent?: boolean;
}

/** Whether two payments ask for the same thing. Everything that validation lets through counts; the time does not. */
export function isSamePayment(a: Payment, b: Payment): boolean {
  return a.amount === b.amount && a.currency === b.currency && a.type === b.type && a.payerId === b.payerId
    && a.cardToken === b.cardToken && a.refundOf === b.refundOf && a.idempotencyKey === b.idempotencyKey && a.merchantId === b.merchantId;
}

/**
 * Whether a row that is found after a lost answer is the work of the call whose answer was lost, not that of an earlier one. Either way
 * it took effect once; this only tells `applied` from `duplicate`.
 *
 * @param lostSince when the first call was made whose answer was lost, in milliseconds since 1970; undefined when there was none
 */
export function isOwnWrite(stored: LedgerEntry, payment: PaymentRecord, lostSince: number | undefined): boolean {
  return lostSince !== undefined && stored.acceptedAt === payment.acceptedAt && stored.settledAt >= lostSince;
}
