import type { MovementRecord } from '../payment/movement';

/**
 * How far a payout is.
 *
 * ```
 * requested -> reserved -> held -> paid    -> settled
 *     |            |          `-> refused -> released
 *     `-> rejected <-´
 * ```
 */
export type PayoutState =
  /** Known, and nothing is done. */
  | 'requested'
  /** The merchant has the money, and no other payout may count on it. */
  | 'reserved'
  /** The money is set aside in the ledger. */
  | 'held'
  /** The provider has transferred it. */
  | 'paid'
  /** The provider has refused to. */
  | 'refused'
  /** The money has left the ledger: done. */
  | 'settled'
  /** The money is available to the merchant again: done. */
  | 'released'
  /** Refused before any money was set aside: done. */
  | 'rejected';

/** Why a payout is rejected before any money was set aside. */
export type PayoutRejection =
  /** The request itself makes no sense. */
  | 'invalid'
  /** The key belongs to a payout with other fields. */
  | 'conflict'
  | 'insufficient_funds'
  /** A payment of the merchant has the key that the hold would have. */
  | 'key_taken'
  /** The ledger can never store the hold. */
  | 'unstorable';

/** Money that a merchant wants to have. Its identity is (merchantId, idempotencyKey). */
export interface PayoutRequest {
  readonly merchantId: string;
  readonly idempotencyKey: string;
  /** In minor units of the currency: an integer from 1 to 10^12. */
  readonly amount: number;
  /** ISO 4217 alphabetic code. */
  readonly currency: string;
  /** When the API took it in, in milliseconds since 1970. */
  readonly requestedAt: number;
}

/** A payout as it stands. */
export interface Payout extends PayoutRequest {
  readonly state: PayoutState;
  /** Why it was rejected or refused, a short code. */
  readonly reason?: string;
  /** What the provider calls the transfer. */
  readonly reference?: string;
  /** When it last changed its state, in milliseconds since 1970. */
  readonly changedAt: number;
  /** Since when nobody knows how to go on, in milliseconds since 1970; absent where none of its executions ended so. */
  readonly unresolvedSince?: number;
  /** When its end was told to others, in milliseconds since 1970. */
  readonly announcedAt?: number;
}

const FINAL: ReadonlySet<PayoutState> = new Set<PayoutState>(['settled', 'released', 'rejected']);

/** Whether nothing of a payout is left to do. */
export function isDone(payout: Payout): boolean {
  return isFinal(payout) && payout.announcedAt !== undefined;
}

/** Whether the money of a payout is where it stays. */
export function isFinal({ state }: Payout): boolean {
  return FINAL.has(state);
}

/** Whether two requests ask for the same; the time does not count. */
export function isSamePayout(a: Omit<PayoutRequest, 'requestedAt'>, b: Omit<PayoutRequest, 'requestedAt'>): boolean {
  return a.merchantId === b.merchantId && a.idempotencyKey === b.idempotencyKey && a.amount === b.amount && a.currency === b.currency;
}

/** Why the ledger moves the money of a payout, in its rows. */
export const PAYOUT_REASON = 'payout';

/** The hold of a payout. */
export function payoutHold({ merchantId, idempotencyKey, amount, currency, requestedAt }: PayoutRequest): MovementRecord {
  return {
    merchantId, idempotencyKey: `payout:${idempotencyKey}:hold`, amount, currency, type: 'hold', reason: PAYOUT_REASON, acceptedAt: requestedAt,
  };
}

/** What ends the hold of a payout: `settle` when the money was transferred, `release` when that was refused. */
export function payoutHoldEnd(payout: PayoutRequest, type: 'settle' | 'release'): MovementRecord {
  const hold = payoutHold(payout);
  return { ...hold, idempotencyKey: `payout:${payout.idempotencyKey}:${type}`, type, holdOf: hold.idempotencyKey };
}

/** Key under which the provider knows the transfer of a payout: one that no other merchant's payout has, in characters that a header takes. */
export function transferKey({ merchantId, idempotencyKey }: Pick<PayoutRequest, 'merchantId' | 'idempotencyKey'>): string {
  return `${encodeURIComponent(merchantId)}:${encodeURIComponent(`payout:${idempotencyKey}`)}`;
}
