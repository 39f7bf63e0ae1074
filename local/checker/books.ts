import { identity, type Outcome, type SentPayout } from '../load/outcome';
import { Accounts } from './accounts';
import { Audit } from './audit';
import { type PayoutClientCounts, payoutOfRow, Payouts, rowsOfPayout } from './payouts';

/** What the checker counted of the clients' side. */
export interface ClientCounts {
  readonly sent: number;
  readonly acked: number;
  readonly refused: number;
  readonly unanswered: number;
  readonly late: number;
}

/** An acknowledged payment that has its effect, or was rejected or parked for good. */
export interface Settlement {
  /** (merchant, key). */
  readonly identity: string;
  /** From the moment it was due to its effect, in milliseconds. */
  readonly milliseconds: number;
}

/**
 * The checker's own books: what clients were promised, against what the tables hold.
 *
 * Sums are of the amounts that were sent, never of what a handler wrote, and nothing here relies on a table's keys being unique.
 */
export class Books {
  private readonly accounts = new Accounts();
  private readonly payouts = new Payouts();
  private readonly counts = { sent: 0, acked: 0, refused: 0, unanswered: 0, late: 0 };
  private openAccounts = 0;
  private settledAccounts = 0;

  /**
   * Notes what a client was answered.
   *
   * @returns the settlement, where the effect was seen before the acknowledgement.
   */
  addOutcome(outcome: Outcome): Settlement | undefined {
    // What was turned away for what it says has no effect; after 429 and 5xx it may be in the stream all the same.
    const mayHaveEffect = outcome.status === 202 || outcome.status === 0 || outcome.status === 429 || outcome.status >= 500;
    if (outcome.payout !== undefined) {
      this.addPayout(outcome.payout, outcome.status, mayHaveEffect);
      return undefined;
    }
    this.counts.sent++;
    this.counts.late += outcome.late ? 1 : 0;
    if (outcome.status === 202) {
      this.counts.acked++;
    } else if (outcome.status === 0) {
      this.counts.unanswered++;
    } else {
      this.counts.refused++;
    }
    const entry = outcome.payment ?? outcome.movement;
    if (!entry || !mayHaveEffect) {
      return undefined;
    }
    const id = identity(entry.merchantId, entry.idempotencyKey);
    const account = this.accounts.account(id);
    this.accounts.addSent(account, entry);
    if (outcome.status !== 202 || this.accounts.acknowledge(account) > 1) {
      return undefined;
    }
    this.openAccounts++;
    if (this.accounts.isSettled(account)) {
      return this.settlement(id, this.accounts.time(account), outcome.scheduledAt);
    }
    this.accounts.setTime(account, outcome.scheduledAt);
    return undefined;
  }

  /**
   * Notes that a row appeared in the ledger.
   *
   * @param at when it was written, in milliseconds since 1970.
   * @returns the settlement, where it is the first effect of an acknowledged payment.
   */
  addAppearance(id: string, at: number): Settlement | undefined {
    this.accounts.addAppearance(this.accounts.account(id));
    return this.settle(id, at);
  }

  /** Notes that a row appeared that has an effect, for what it may be the end of. */
  addEffect(merchantId: string, idempotencyKey: string): void {
    const payout = payoutOfRow(idempotencyKey);
    if (payout !== undefined && payout.step !== 'hold') {
      this.payouts.addEnd(identity(merchantId, payout.idempotencyKey));
    }
  }

  /** Notes that a payout was rejected. */
  addRejectedPayout(id: string): void {
    this.payouts.addEnd(id);
  }

  /** Notes that a row of the ledger was written over in a field that never changes. */
  addRewrite(id: string): void {
    this.accounts.addRewrite(this.accounts.account(id));
  }

  /** Notes that a payment is parked for good. */
  addParked(id: string, at: number): Settlement | undefined {
    return this.settle(id, at);
  }

  clientCounts(): ClientCounts {
    return { ...this.counts };
  }

  payoutCounts(): PayoutClientCounts {
    return this.payouts.clientCounts();
  }

  /** Acknowledged payouts that have not come to their end. */
  get openPayouts(): number {
    return this.payouts.open;
  }

  /** Acknowledged payments, holds and releases, each key once. */
  get acknowledgedKeys(): number {
    return this.openAccounts;
  }

  /** Those of them that have settled. */
  get settledKeys(): number {
    return this.settledAccounts;
  }

  /** Holds the books against what the tables and the API say at the end. */
  beginAudit(): Audit {
    return new Audit(this.accounts, this.payouts.all);
  }

  /** The rows that it may make are asked for by it, and by nobody else. */
  private addPayout(payout: SentPayout, status: number, mayHaveEffect: boolean): void {
    this.payouts.addOutcome(payout, status, mayHaveEffect);
    if (mayHaveEffect) {
      for (const row of rowsOfPayout(payout)) {
        this.accounts.addSent(this.accounts.account(identity(row.merchantId, row.idempotencyKey)), row);
      }
    }
  }

  private settle(id: string, at: number): Settlement | undefined {
    const account = this.accounts.account(id);
    if (this.accounts.isSettled(account)) {
      return undefined;
    }
    this.accounts.settle(account);
    if (this.accounts.acknowledged(account) > 0) {
      return this.settlement(id, at, this.accounts.time(account));
    }
    this.accounts.setTime(account, at);
    return undefined;
  }

  private settlement(id: string, settledAt: number, scheduledAt: number): Settlement {
    this.settledAccounts++;
    return { identity: id, milliseconds: Math.max(0, settledAt - scheduledAt) };
  }
}
