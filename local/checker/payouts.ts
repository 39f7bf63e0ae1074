import { identity, type SentMovement, type SentPayout } from '../load/outcome';

/** What the checker counted of payouts, apart from payments. `sent = acked + refused + unanswered`. */
export interface PayoutClientCounts {
  readonly sent: number;
  readonly acked: number;
  readonly refused: number;
  readonly unanswered: number;
}

/** All that is known of the payouts of one (merchant, key). There are few, so that everything is kept. */
export interface PayoutAccount {
  readonly identity: string;
  /** What was sent under the key and may have an effect. */
  readonly sent: SentPayout[];
  acknowledged: number;
  /** It was settled, released or rejected. */
  ended: boolean;
}

/** The row of the ledger that a payout makes in one of its steps. */
export type PayoutStep = 'hold' | 'settle' | 'release';

const ROW_KEY = /^payout:(.*):(hold|settle|release)$/s;

/** The payout and the step of a row of the ledger, by the row's key; undefined for a row that is of no payout. */
export function payoutOfRow(idempotencyKey: string): { readonly idempotencyKey: string; readonly step: PayoutStep } | undefined {
  const match = ROW_KEY.exec(idempotencyKey);
  return match === null ? undefined : { idempotencyKey: match[1], step: match[2] as PayoutStep };
}

/** The rows that a payout may make. */
export function rowsOfPayout({ merchantId, idempotencyKey, amount, currency }: SentPayout): SentMovement[] {
  const keyOf = (step: PayoutStep) => `payout:${idempotencyKey}:${step}`;
  const common = { merchantId, amount, currency, reason: 'payout' };
  return [
    { ...common, idempotencyKey: keyOf('hold'), type: 'hold' },
    ...(['settle', 'release'] as const).map((type): SentMovement => ({ ...common, idempotencyKey: keyOf(type), type, holdOf: keyOf('hold') })),
  ];
}

/** The books of payouts: what clients were promised of them. */
export class Payouts {
  private readonly accounts = new Map<string, PayoutAccount>();
  private readonly counts = { sent: 0, acked: 0, refused: 0, unanswered: 0 };
  private openAccounts = 0;

  /** Notes what a client was answered. @param mayHaveEffect whether that leaves it open that the payout goes on */
  addOutcome(payout: SentPayout, status: number, mayHaveEffect: boolean): void {
    this.counts.sent++;
    this.counts[status === 202 ? 'acked' : status === 0 ? 'unanswered' : 'refused']++;
    if (!mayHaveEffect) {
      return;
    }
    const account = this.account(identity(payout.merchantId, payout.idempotencyKey));
    account.sent.push(payout);
    if (status === 202) {
      this.openAccounts += account.acknowledged === 0 && !account.ended ? 1 : 0;
      account.acknowledged++;
    }
  }

  /** Notes that a payout has come to its end: settled, released or rejected. */
  addEnd(id: string): void {
    const account = this.account(id);
    this.openAccounts -= account.acknowledged > 0 && !account.ended ? 1 : 0;
    account.ended = true;
  }

  /** Acknowledged payouts that have not come to their end, each key once. */
  get open(): number {
    return this.openAccounts;
  }

  get all(): ReadonlyMap<string, PayoutAccount> {
    return this.accounts;
  }

  clientCounts(): PayoutClientCounts {
    return { ...this.counts };
  }

  private account(id: string): PayoutAccount {
    let account = this.accounts.get(id);
    if (account === undefined) {
      account = { identity: id, sent: [], acknowledged: 0, ended: false };
      this.accounts.set(id, account);
    }
    return account;
  }
}
