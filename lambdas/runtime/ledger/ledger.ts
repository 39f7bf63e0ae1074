import { isMovement, type MovementRecord, type MovementType, type StreamRecord } from '../payment/movement';
import type { PaymentRecord, PaymentType, RejectionReason } from '../payment/payment';

/** What became of one payment, refund or movement. */
export type Outcome =
  /** It took effect now. */
  | { readonly kind: 'applied' }
  /** Its key took effect before. `conflict`: with other fields, which stay what they were. */
  | { readonly kind: 'duplicate'; readonly conflict: boolean }
  /** A refund, release or settle without effect, now or when it came before with the same fields. */
  | { readonly kind: 'rejected'; readonly reason: RejectionReason }
  /** A refund whose payment, or a release or settle whose hold, is not there yet. */
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
  /**
   * An absent payment or hold no longer means `waiting`: what draws on it is stored as rejected, with `unknown_payment` or `unknown_hold`.
   *
   * @default false
   */
  readonly waitIsOver?: boolean;
}

/** What a row of the ledger says of what was asked for. */
export interface EntryContent {
  readonly merchantId: string;
  readonly idempotencyKey: string;
  /** In minor units of the currency: an integer from 1 to 10^12. */
  readonly amount: number;
  /** ISO 4217 alphabetic code. */
  readonly currency: string;
  readonly type: PaymentType | MovementType;
  /** Present in payments and refunds. */
  readonly payerId?: string;
  /** Token of a card vault; where a payment or refund came with one. */
  readonly cardToken?: string;
  /** Idempotency key of the refunded payment; present in refunds. */
  readonly refundOf?: string;
  /** Idempotency key of the hold; present in releases and settles. */
  readonly holdOf?: string;
  /** Why money was moved, `reason` of the movement; where it came with one. */
  readonly movementReason?: string;
}

/** A stored payment, refund or movement. */
export interface LedgerEntry extends EntryContent {
  readonly status: 'applied' | 'rejected';
  /** Why it has no effect; only when `status` is `rejected`. */
  readonly reason?: RejectionReason;
  /** When the API took it in, in milliseconds since 1970. */
  readonly acceptedAt: number;
  /** When it was stored, in milliseconds since 1970. */
  readonly settledAt: number;
  /** The trace that it came with: value of a `traceparent` header of W3C Trace Context. */
  readonly traceParent?: string;
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
   * Applies holds (type `hold`) in bulk, as `applyPayments` does payments.
   *
   * @param holds may hold equal keys; the first of them counts as the earlier one
   * @returns outcomes in the same order
   */
  applyHolds(holds: readonly MovementRecord[], options?: ApplyOptions): Promise<Outcome[]>;

  /** Applies one release or settle (types `release` and `settle`) and lowers what is left of its hold, both or neither. */
  applyHoldEnd(movement: MovementRecord, options?: ApplyRefundOptions): Promise<Outcome>;

  /**
   * Reads a settled payment, refund or movement.
   *
   * @throws when the store does not answer
   */
  find(merchantId: string, idempotencyKey: string, options?: ConsistencyOptions): Promise<LedgerEntry | undefined>;
}

/** A ledger that also takes payments and holds together, and what draws on other rows in bulk. */
export interface BulkLedger extends Ledger {
  /**
   * Applies payments and holds in bulk, as `applyPayments` does payments.
   *
   * @param entries may hold equal keys; the first of them counts as the earlier one
   * @returns outcomes in the same order
   */
  applyEntries(entries: readonly StreamRecord[], options?: ApplyOptions): Promise<Outcome[]>;

  /**
   * Applies refunds, releases and settles in bulk.
   *
   * @param draws those of the same rows take effect one after the other, in their order
   * @returns outcomes in the same order
   */
  applyDraws(draws: readonly StreamRecord[], options?: ApplyRefundOptions): Promise<Outcome[]>;
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

/** Applies what draws on another row: a refund, a release or a settle. */
export function applyDraw(ledger: Pick<Ledger, 'applyRefund' | 'applyHoldEnd'>, record: StreamRecord, options?: ApplyRefundOptions): Promise<Outcome> {
  return isMovement(record) ? ledger.applyHoldEnd(record, options) : ledger.applyRefund(record, options);
}

/** What a row says of a record. */
export function contentOf(record: StreamRecord): EntryContent {
  const { merchantId, idempotencyKey, amount, currency, type } = record;
  const common = { merchantId, idempotencyKey, amount, currency, type };
  return isMovement(record)
    ? { ...common, holdOf: record.holdOf, movementReason: record.reason }
    : { ...common, payerId: record.payerId, cardToken: record.cardToken, refundOf: record.refundOf };
}

/**
 * Whether a row is what a record asks for. Everything that validation lets through counts; the time, the trace and what the API knows
 * besides do not.
 */
export function isSameContent(stored: EntryContent, record: StreamRecord): boolean {
  return stored.amount === record.amount && stored.currency === record.currency && stored.type === record.type
    && stored.idempotencyKey === record.idempotencyKey && stored.merchantId === record.merchantId
    && (isMovement(record)
      ? stored.holdOf === record.holdOf && stored.movementReason === record.reason
      : stored.payerId === record.payerId && stored.cardToken === record.cardToken && stored.refundOf === record.refundOf);
}

/**
 * Whether a row that is found after a lost answer is the work of the call whose answer was lost, not that of an earlier one. Either way
 * it took effect once; this only tells `applied` from `duplicate`.
 *
 * @param lostSince when the first call was made whose answer was lost, in milliseconds since 1970; undefined when there was none
 */
export function isOwnWrite(stored: LedgerEntry, record: StreamRecord, lostSince: number | undefined): boolean {
  return lostSince !== undefined && stored.acceptedAt === record.acceptedAt && stored.settledAt >= lostSince;
}
