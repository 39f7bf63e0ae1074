import { identity, type SentPayout } from '../load/outcome';
import type { LedgerRow } from './ledger-row';
import { type PayoutAccount, payoutOfRow, type PayoutStep } from './payouts';

/** Money that the bank has moved to a merchant, as its own book tells. */
export interface BankTransfer {
  /** (merchant, key of the payout). */
  readonly identity: string;
  readonly merchantId: string;
  readonly amount: number;
  readonly currency: string;
}

/** What became of acknowledged payouts. `acked = settled + released + rejected + duplicates + lost`, in acknowledgements. */
export interface PayoutEnds {
  readonly settled: number;
  readonly released: number;
  /** Refused before any money was set aside. */
  readonly rejected: number;
  readonly duplicates: number;
  /** Acknowledged, and without an end. */
  readonly lost: number;
}

/** What stands beside the ledger about payouts at the end. */
export interface PayoutState {
  /** (merchant, key) of every payout that is told to be rejected. */
  readonly rejected: ReadonlySet<string>;
  /** The bank's book; undefined where no bank is known. */
  readonly transfers: readonly BankTransfer[] | undefined;
}

/** Tells what is wrong: in which term of the verdict, how many times, and in words. */
export type Finding = (term: 'doubled' | 'outOfBalance' | 'payouts', count: number, what: string) => void;

type StepRows = { [step in PayoutStep]?: LedgerRow };

/** Holds what clients were promised of payouts, the ledger and the bank's book against each other. */
export class PayoutAudit {
  private readonly rows = new Map<string, StepRows>();

  constructor(private readonly accounts: ReadonlyMap<string, PayoutAccount>, private readonly found: Finding) {}

  /** Takes a row of the ledger; those that are of no payout are none of its business. */
  addRow(row: LedgerRow): void {
    const payout = payoutOfRow(row.entry.idempotencyKey);
    const isMeant = payout !== undefined && payout.step === row.entry.type && row.status === 'applied';
    if (isMeant) {
      const id = identity(row.merchantId, payout.idempotencyKey);
      const rows = this.rows.get(id) ?? {};
      // A second row of one key is the business of the ledger's audit.
      rows[payout.step] ??= row;
      this.rows.set(id, rows);
    }
  }

  finish(state: PayoutState): PayoutEnds {
    const ends = { settled: 0, released: 0, rejected: 0, duplicates: 0, lost: 0 };
    const transfers = byIdentity(state.transfers ?? []);
    for (const account of this.accounts.values()) {
      const end = this.checkPayout(account, state.rejected.has(account.identity));
      if (account.acknowledged > 0) {
        ends[end]++;
        ends.duplicates += account.acknowledged - 1;
      }
    }
    if (state.transfers !== undefined) {
      for (const id of new Set([...this.accounts.keys(), ...this.rows.keys(), ...transfers.keys()])) {
        this.checkBank(id, transfers.get(id) ?? []);
      }
    }
    return ends;
  }

  private checkPayout({ identity: id, acknowledged }: PayoutAccount, isRejected: boolean): Exclude<keyof PayoutEnds, 'duplicates'> {
    const { hold, settle, release } = this.rows.get(id) ?? {};
    if (settle !== undefined && release !== undefined) {
      this.found('doubled', 1, `the payout ${readable(id)} was settled and released`);
    }
    if (isRejected && hold !== undefined) {
      this.found('outOfBalance', 1, `the payout ${readable(id)} was rejected though its money was set aside`);
    }
    if (settle !== undefined) {
      return 'settled';
    }
    if (release !== undefined) {
      return 'released';
    }
    if (isRejected) {
      return 'rejected';
    }
    if (acknowledged > 0) {
      this.found('payouts', 1, `the payout ${readable(id)} was acknowledged and has no end`);
    } else if (hold !== undefined) {
      this.found('outOfBalance', 1, `the payout ${readable(id)} set money aside and has no end`);
    }
    return 'lost';
  }

  /** A payout is settled exactly where the bank has moved the money, once, and all of it. */
  private checkBank(id: string, transfers: readonly BankTransfer[]): void {
    const { settle } = this.rows.get(id) ?? {};
    const sent: readonly SentPayout[] = this.accounts.get(id)?.sent ?? [];
    if (transfers.length > 1) {
      this.found('doubled', transfers.length - 1, `the bank paid ${readable(id)} ${transfers.length} times`);
    }
    if (transfers.length > 0 && !sent.some((payout) => transfers.every((transfer) => isOf(transfer, payout)))) {
      this.found('outOfBalance', 1, `the bank paid ${readable(id)} what was not asked for`);
    }
    if (transfers.length > 0 && settle === undefined) {
      this.found('outOfBalance', 1, `the bank paid ${readable(id)}, and the ledger does not say so`);
    }
    if (transfers.length === 0 && settle !== undefined) {
      this.found('outOfBalance', 1, `the payout ${readable(id)} is settled, and the bank paid nothing`);
    }
  }
}

function byIdentity(transfers: readonly BankTransfer[]): Map<string, BankTransfer[]> {
  const all = new Map<string, BankTransfer[]>();
  for (const transfer of transfers) {
    all.set(transfer.identity, [...(all.get(transfer.identity) ?? []), transfer]);
  }
  return all;
}

function isOf({ amount, currency }: BankTransfer, payout: SentPayout): boolean {
  return amount === payout.amount && currency === payout.currency;
}

function readable(id: string): string {
  return id.replace('\u0000', ' / ');
}
