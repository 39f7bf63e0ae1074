import { identity } from '../load/outcome';
import type { Accounts } from './accounts';
import { Column } from './column';
import type { LedgerRow } from './ledger-row';

/** The terms of the verdict that need the tables. `acked = applied + duplicates + rejected + parked + lost`. */
export interface AuditCounts {
  readonly applied: number;
  readonly duplicates: number;
  readonly rejected: number;
  readonly parked: number;
  readonly lost: number;
  readonly doubled: number;
  readonly outOfBalance: number;
  /** The first few findings in words. */
  readonly findings: readonly string[];
}

/** What the tables beside the ledger and the API say at the end. */
export interface FinalState {
  /** (merchant, key) of every parked payment. */
  readonly parked: ReadonlySet<string>;
  /** Available + held by `merchant NUL currency`, from the balance table. */
  readonly balances: ReadonlyMap<string, bigint>;
  /** The same as far as it was asked for through the API. */
  readonly answeredBalances: ReadonlyMap<string, bigint>;
}

/** What is left to refund of a payment, as its row says. */
interface PaymentRow {
  readonly account: number;
  readonly amount: number;
  readonly refundable: bigint | undefined;
}

/** A refund that was turned away because it takes more than is left. */
interface ExcessiveRefund {
  readonly identity: string;
  readonly amount: number;
  /** Account of the payment that it is of. */
  readonly paid: number;
}

const MOST_FINDINGS = 20;

/** What is needed of an account's rows when all of them were seen: the first one is a refund that was rejected. */
const IS_REJECTED = 1;
/** The first row is a payment of which, as it says, nothing was refunded. */
const IS_WHOLE = 2;
/** Some row of the account is a payment that took effect. */
const IS_PAYMENT = 4;

/**
 * One comparison of the books with the final state. The ledger's rows come one by one and none is kept, but for the few that refunds
 * are about.
 */
export class Audit {
  private readonly findings: string[] = [];
  private readonly rowsSeen = new Column(Uint32Array);
  private readonly rowFlags = new Column(Uint8Array);
  /** Amounts of the first rows. */
  private readonly amounts = new Column(Float64Array);
  /** Rows of payments of which something was refunded, and rows behind the first one of a key. */
  private readonly remarkablePayments: PaymentRow[] = [];
  private readonly excessiveRefunds: ExcessiveRefund[] = [];
  private readonly wrongRows: string[] = [];
  /** Own sum by `merchant NUL currency`. */
  private readonly sums = new Map<string, bigint>();
  /** What was refunded by account of the payment. */
  private readonly refunded = new Map<number, bigint>();
  private readonly terms = { applied: 0, duplicates: 0, rejected: 0, parked: 0, lost: 0, doubled: 0, outOfBalance: 0 };

  constructor(private readonly accounts: Accounts) {}

  /** Takes a row of the ledger; all of them come before the end. */
  addRow(row: LedgerRow): void {
    const account = this.accounts.account(row.identity);
    const isFirst = this.rowsSeen.add(account, 1) === 1;
    const { payment } = row;
    const isPayment = payment.type === 'payment';
    const isWhole = isPayment && isFirst && payment.amount >= 0 && row.refundable === BigInt(payment.amount);
    if (isFirst) {
      this.amounts.set(account, payment.amount);
      this.rowFlags.set(account, (row.status === 'rejected' ? IS_REJECTED : 0) | (isWhole ? IS_WHOLE : 0));
      this.addFirstRow(account, row);
    }
    if (isPayment && row.status === 'applied') {
      this.rowFlags.set(account, this.rowFlags.get(account) | IS_PAYMENT);
    }
    if (isPayment && !isWhole) {
      this.remarkablePayments.push({ account, amount: payment.amount, refundable: row.refundable });
    }
    if (row.status === 'rejected' && row.reason === 'exceeds_payment') {
      const paid = this.accounts.account(identity(row.merchantId, payment.refundOf ?? ''));
      this.excessiveRefunds.push({ identity: row.identity, amount: payment.amount, paid });
    }
  }

  /** Compares what was seen with the rest of the final state. */
  finish(state: FinalState): AuditCounts {
    for (let account = 0; account < this.accounts.size; account++) {
      this.checkAccount(account, state.parked);
    }
    for (let account = 0; account < this.accounts.size; account++) {
      this.checkEffects(account, state.parked);
    }
    this.wrongRows.forEach((id) => this.found('outOfBalance', 1, `${readable(id)} is stored with fields that were not sent`));
    this.checkRefundable();
    this.checkRejections();
    this.checkBalances('the balance table', state.balances, new Set([...this.sums.keys(), ...state.balances.keys()]));
    this.checkBalances('the API', state.answeredBalances, new Set(state.answeredBalances.keys()));
    return { ...this.terms, findings: this.findings };
  }

  /** Adds up what the first row of a key did, where it is what was sent. */
  private addFirstRow(account: number, row: LedgerRow): void {
    if (!this.accounts.isSent(account)) {
      return;
    }
    const { payment } = row;
    if (!this.accounts.wasSent(account, payment)) {
      this.wrongRows.push(row.identity);
      return;
    }
    if (row.status === 'applied') {
      const sign = payment.type === 'payment' ? 1n : -1n;
      addTo(this.sums, identity(payment.merchantId, payment.currency), sign * BigInt(payment.amount));
      if (payment.type === 'refund') {
        addTo(this.refunded, this.accounts.account(identity(payment.merchantId, payment.refundOf!)), BigInt(payment.amount));
      }
    }
  }

  /** What became of every acknowledgement of one key. */
  private checkAccount(account: number, parked: ReadonlySet<string>): void {
    const rewritten = this.accounts.rewritten(account);
    if (rewritten > 0) {
      this.found('doubled', rewritten, `${this.readable(account)} was written over ${rewritten} times`);
    }
    const acknowledged = this.accounts.acknowledged(account);
    if (acknowledged === 0) {
      return;
    }
    this.terms.duplicates += acknowledged - 1;
    if (this.rowsSeen.get(account) > 0) {
      this.terms[this.hasFlag(account, IS_REJECTED) ? 'rejected' : 'applied']++;
    } else if (parked.has(this.accounts.identity(account))) {
      this.terms.parked++;
    } else {
      this.found('lost', 1, `${this.readable(account)} was acknowledged and is in no table`);
    }
  }

  /** What the ledger holds under one key: at most one effect, of something that was sent. */
  private checkEffects(account: number, parked: ReadonlySet<string>): void {
    const rows = this.rowsSeen.get(account);
    if (rows === 0) {
      return;
    }
    const effects = Math.max(rows, this.accounts.appeared(account));
    if (!this.accounts.isSent(account)) {
      this.found('doubled', effects, `${this.readable(account)} has an effect that nobody asked for`);
      return;
    }
    if (effects > 1) {
      this.found('doubled', effects - 1, `${this.readable(account)} took effect ${effects} times`);
    }
    if (parked.size > 0 && parked.has(this.accounts.identity(account))) {
      this.found('doubled', 1, `${this.readable(account)} is in the ledger and parked`);
    }
  }

  /** Refunds never take more than was paid, and the row says what is left. */
  private checkRefundable(): void {
    const whole = [...this.refunded.keys()].filter((account) => this.hasFlag(account, IS_WHOLE)).map((account): PaymentRow => {
      const amount = this.amounts.get(account);
      return { account, amount, refundable: BigInt(amount) };
    });
    for (const { account, amount, refundable } of [...this.remarkablePayments, ...whole]) {
      const left = BigInt(amount) - (this.refunded.get(account) ?? 0n);
      if (left < 0n || refundable !== left) {
        this.found('outOfBalance', 1, `${this.readable(account)} has ${refundable} left to refund, the books say ${left}`);
      }
    }
    for (const account of this.refunded.keys()) {
      if (!this.hasFlag(account, IS_PAYMENT)) {
        this.found('outOfBalance', 1, `${this.readable(account)} was refunded and is no payment`);
      }
    }
  }

  /** A refund is turned away for a reason that holds. */
  private checkRejections(): void {
    for (const { identity: id, amount, paid } of this.excessiveRefunds) {
      const left = this.rowsSeen.get(paid) === 0 ? 0n : BigInt(this.amounts.get(paid)) - (this.refunded.get(paid) ?? 0n);
      if (BigInt(amount) <= left) {
        this.found('outOfBalance', 1, `${readable(id)} was rejected though ${left} is left to refund`);
      }
    }
  }

  private checkBalances(source: string, balances: ReadonlyMap<string, bigint>, merchantCurrencies: ReadonlySet<string>): void {
    for (const id of merchantCurrencies) {
      const balance = balances.get(id) ?? 0n;
      const sum = this.sums.get(id) ?? 0n;
      if (balance !== sum) {
        this.found('outOfBalance', 1, `${source} says ${balance} for ${readable(id)}, the books say ${sum}`);
      }
    }
  }

  private hasFlag(account: number, flag: number): boolean {
    return (this.rowFlags.get(account) & flag) > 0;
  }

  private readable(account: number): string {
    return readable(this.accounts.identity(account));
  }

  private found(term: 'lost' | 'doubled' | 'outOfBalance', count: number, what: string): void {
    this.terms[term] += count;
    if (this.findings.length < MOST_FINDINGS) {
      this.findings.push(`${term}: ${what}`);
    }
  }
}

function addTo<Key>(sums: Map<Key, bigint>, key: Key, amount: bigint): void {
  sums.set(key, (sums.get(key) ?? 0n) + amount);
}

function readable(id: string): string {
  return id.replace('\u0000', ' / ');
}
