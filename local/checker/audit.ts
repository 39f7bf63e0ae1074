import { identity, isSentPayment, type SentEntry } from '../load/outcome';
import type { Accounts } from './accounts';
import { Column } from './column';
import type { LedgerRow } from './ledger-row';
import { PayoutAudit, type PayoutEnds, type PayoutState } from './payout-audit';
import type { PayoutAccount } from './payouts';

/** The terms of the verdict that need the tables. `acked = applied + duplicates + rejected + parked + lost`. */
export interface AuditCounts {
  readonly applied: number;
  readonly duplicates: number;
  readonly rejected: number;
  readonly parked: number;
  readonly lost: number;
  readonly doubled: number;
  readonly outOfBalance: number;
  /** Acknowledged holds and releases that took effect, each key once; they are among `applied`. */
  readonly holds: number;
  readonly releases: number;
  readonly payouts: PayoutEnds;
  /** The first few findings in words. */
  readonly findings: readonly string[];
}

/** What a merchant has in one currency. */
export interface CheckedBalance {
  readonly available: bigint;
  readonly held: bigint;
}

/** What the tables beside the ledger and the API say at the end. */
export interface FinalState {
  /** (merchant, key) of every parked payment. */
  readonly parked: ReadonlySet<string>;
  /** By `merchant NUL currency`, from the balance table. */
  readonly balances: ReadonlyMap<string, CheckedBalance>;
  /** The same as far as it was asked for through the API. */
  readonly answeredBalances: ReadonlyMap<string, CheckedBalance>;
  /** @default - there are no payouts */
  readonly payouts?: PayoutState;
}

/** Types of rows that others draw on. */
type DrawnType = 'payment' | 'hold';

/** What is left of a payment or hold, as its row says. */
interface DrawnRow {
  readonly account: number;
  readonly amount: number;
  readonly left: bigint | undefined;
}

/** A refund, release or settle that was turned away because it takes more than is left. */
interface ExcessiveDraw {
  readonly identity: string;
  readonly amount: number;
  /** Account of the payment or hold that it is of. */
  readonly drawn: number;
}

/** What was refunded of a payment, or released and settled of a hold. */
interface Drawn {
  sum: bigint;
  readonly types: Set<DrawnType>;
}

const NO_BALANCE: CheckedBalance = { available: 0n, held: 0n };
const NO_PAYOUTS: PayoutState = { rejected: new Set(), transfers: undefined };

const MOST_FINDINGS = 20;

/** What is needed of an account's rows when all of them were seen: the first one was rejected. */
const IS_REJECTED = 1;
/** The first row is a payment or hold of which, as it says, all is left. */
const IS_WHOLE = 2;
/** Some row of the account is a payment that took effect; a hold; the first row is a release. */
const IS_PAYMENT = 4;
const IS_HOLD = 8;
const IS_RELEASE = 16;
const FLAGS = { payment: IS_PAYMENT, hold: IS_HOLD } as const;

/**
 * One comparison of the books with the final state. The ledger's rows come one by one and none is kept, but for the few that
 * refunds and movements are about.
 */
export class Audit {
  private readonly findings: string[] = [];
  private readonly rowsSeen = new Column(Uint32Array);
  private readonly rowFlags = new Column(Uint8Array);
  /** Amounts of the first rows. */
  private readonly amounts = new Column(Float64Array);
  /** Rows of payments and holds of which something was drawn, and rows behind the first one of a key. */
  private readonly remarkableRows: DrawnRow[] = [];
  private readonly excessiveDraws: ExcessiveDraw[] = [];
  private readonly wrongRows: string[] = [];
  /** Own sums by `merchant NUL currency`. */
  private readonly sums = new Map<string, CheckedBalance>();
  /** Payments minus refunds by `merchant NUL currency`: what has to be somewhere. */
  private readonly income = new Map<string, bigint>();
  /** What was drawn, by account of the payment or hold. */
  private readonly drawn = new Map<number, Drawn>();
  private readonly payouts: PayoutAudit;
  private readonly terms = { applied: 0, duplicates: 0, rejected: 0, parked: 0, lost: 0, doubled: 0, outOfBalance: 0, holds: 0, releases: 0 };

  constructor(private readonly accounts: Accounts, payouts: ReadonlyMap<string, PayoutAccount>) {
    this.payouts = new PayoutAudit(payouts, (term, count, what) => this.found(term, count, what));
  }

  /** Takes a row of the ledger; all of them come before the end. */
  addRow(row: LedgerRow): void {
    const account = this.accounts.account(row.identity);
    const isFirst = this.rowsSeen.add(account, 1) === 1;
    const { entry } = row;
    const drawnType = entry.type === 'payment' || entry.type === 'hold' ? entry.type : undefined;
    const isWhole = drawnType !== undefined && isFirst && entry.amount >= 0 && row.left === BigInt(entry.amount);
    if (isFirst) {
      this.amounts.set(account, entry.amount);
      this.rowFlags.set(account, (row.status === 'rejected' ? IS_REJECTED : 0) | (isWhole ? IS_WHOLE : 0) | (entry.type === 'release' ? IS_RELEASE : 0));
      this.addFirstRow(account, row);
    }
    if (drawnType !== undefined && row.status === 'applied') {
      this.rowFlags.set(account, this.rowFlags.get(account) | FLAGS[drawnType]);
    }
    if (drawnType !== undefined && !isWhole) {
      this.remarkableRows.push({ account, amount: entry.amount, left: row.left });
    }
    if (row.status === 'rejected' && (row.reason === 'exceeds_payment' || row.reason === 'exceeds_hold')) {
      const drawn = this.accounts.account(identity(row.merchantId, drawnKey(entry) ?? ''));
      this.excessiveDraws.push({ identity: row.identity, amount: entry.amount, drawn });
    }
    if (!isSentPayment(entry)) {
      this.payouts.addRow(row);
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
    this.checkLeft();
    this.checkRejections();
    this.checkBalances('the balance table', state.balances, new Set([...this.sums.keys(), ...state.balances.keys()]));
    this.checkBalances('the API', state.answeredBalances, new Set(state.answeredBalances.keys()));
    const { payouts: payoutState = NO_PAYOUTS } = state;
    const payouts = this.payouts.finish(payoutState);
    if (payoutState.transfers !== undefined) {
      this.checkConservation(state.balances, payoutState.transfers);
    }
    return { ...this.terms, payouts, findings: this.findings };
  }

  /** Adds up what the first row of a key did, where it is what was sent. */
  private addFirstRow(account: number, row: LedgerRow): void {
    if (!this.accounts.isSent(account)) {
      return;
    }
    const { entry } = row;
    if (!this.accounts.wasSent(account, entry)) {
      this.wrongRows.push(row.identity);
      return;
    }
    if (row.status !== 'applied') {
      return;
    }
    const id = identity(entry.merchantId, entry.currency);
    const amount = BigInt(entry.amount);
    const { available, held } = this.sums.get(id) ?? NO_BALANCE;
    switch (entry.type) {
      case 'payment': this.sums.set(id, { available: available + amount, held }); break;
      case 'refund': this.sums.set(id, { available: available - amount, held }); break;
      case 'hold': this.sums.set(id, { available: available - amount, held: held + amount }); break;
      case 'release': this.sums.set(id, { available: available + amount, held: held - amount }); break;
      case 'settle': this.sums.set(id, { available, held: held - amount }); break;
    }
    if (isSentPayment(entry)) {
      this.income.set(id, (this.income.get(id) ?? 0n) + (entry.type === 'payment' ? amount : -amount));
    }
    const key = drawnKey(entry);
    if (key !== undefined) {
      const drawn = this.accounts.account(identity(entry.merchantId, key));
      const known = this.drawn.get(drawn) ?? { sum: 0n, types: new Set() };
      known.sum += amount;
      known.types.add(isSentPayment(entry) ? 'payment' : 'hold');
      this.drawn.set(drawn, known);
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
      this.addSettled(account);
    } else if (parked.has(this.accounts.identity(account))) {
      this.terms.parked++;
    } else {
      this.found('lost', 1, `${this.readable(account)} was acknowledged and is in no table`);
    }
  }

  private addSettled(account: number): void {
    if (this.hasFlag(account, IS_REJECTED)) {
      this.terms.rejected++;
      return;
    }
    this.terms.applied++;
    this.terms.holds += this.hasFlag(account, IS_HOLD) ? 1 : 0;
    this.terms.releases += this.hasFlag(account, IS_RELEASE) ? 1 : 0;
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

  /** Nothing takes more than there is, and each row says what is left of it. */
  private checkLeft(): void {
    const whole = [...this.drawn.keys()].filter((account) => this.hasFlag(account, IS_WHOLE)).map((account): DrawnRow => {
      const amount = this.amounts.get(account);
      return { account, amount, left: BigInt(amount) };
    });
    for (const { account, amount, left: stated } of [...this.remarkableRows, ...whole]) {
      const left = BigInt(amount) - this.drawnOf(account);
      if (left < 0n || stated !== left) {
        const what = this.hasFlag(account, IS_HOLD) ? 'held' : 'left to refund';
        this.found('outOfBalance', 1, `${this.readable(account)} has ${stated} ${what}, the books say ${left}`);
      }
    }
    for (const [account, { types }] of this.drawn) {
      if (types.has('payment') && !this.hasFlag(account, IS_PAYMENT)) {
        this.found('outOfBalance', 1, `${this.readable(account)} was refunded and is no payment`);
      }
      if (types.has('hold') && !this.hasFlag(account, IS_HOLD)) {
        this.found('outOfBalance', 1, `${this.readable(account)} was released or settled and is no hold`);
      }
    }
  }

  /** What draws on something is turned away for a reason that holds. */
  private checkRejections(): void {
    for (const { identity: id, amount, drawn } of this.excessiveDraws) {
      const left = this.rowsSeen.get(drawn) === 0 ? 0n : BigInt(this.amounts.get(drawn)) - this.drawnOf(drawn);
      if (BigInt(amount) <= left) {
        this.found('outOfBalance', 1, `${readable(id)} was rejected though ${left} is left ${this.hasFlag(drawn, IS_HOLD) ? 'of the hold' : 'to refund'}`);
      }
    }
  }

  private drawnOf(account: number): bigint {
    return this.drawn.get(account)?.sum ?? 0n;
  }

  private checkBalances(source: string, balances: ReadonlyMap<string, CheckedBalance>, merchantCurrencies: ReadonlySet<string>): void {
    for (const id of merchantCurrencies) {
      const balance = balances.get(id) ?? NO_BALANCE;
      const sum = this.sums.get(id) ?? NO_BALANCE;
      if (balance.available !== sum.available || balance.held !== sum.held) {
        this.found('outOfBalance', 1, `${source} says ${balanceText(balance)} for ${readable(id)}, the books say ${balanceText(sum)}`);
      }
    }
  }

  /** What was paid in and not refunded is available, held, or was paid out by the bank. */
  private checkConservation(balances: ReadonlyMap<string, CheckedBalance>, transfers: NonNullable<PayoutState['transfers']>): void {
    const paidOut = new Map<string, bigint>();
    for (const { merchantId, currency, amount } of transfers) {
      const id = identity(merchantId, currency);
      paidOut.set(id, (paidOut.get(id) ?? 0n) + BigInt(amount));
    }
    for (const id of new Set([...balances.keys(), ...paidOut.keys(), ...this.income.keys()])) {
      const { available, held } = balances.get(id) ?? NO_BALANCE;
      const there = available + held + (paidOut.get(id) ?? 0n);
      const income = this.income.get(id) ?? 0n;
      if (there !== income) {
        this.found('outOfBalance', 1, `${there} of ${readable(id)} is available, held or paid out, and ${income} was paid in and not refunded`);
      }
    }
  }

  private hasFlag(account: number, flag: number): boolean {
    return (this.rowFlags.get(account) & flag) > 0;
  }

  private readable(account: number): string {
    return readable(this.accounts.identity(account));
  }

  /** @param term `payouts` for what its own counts tell */
  private found(term: 'lost' | 'doubled' | 'outOfBalance' | 'payouts', count: number, what: string): void {
    if (term !== 'payouts') {
      this.terms[term] += count;
    }
    if (this.findings.length < MOST_FINDINGS) {
      this.findings.push(`${term}: ${what}`);
    }
  }
}

/** Key of the payment or hold that an entry draws on. */
function drawnKey(entry: SentEntry): string | undefined {
  return isSentPayment(entry) ? entry.refundOf : entry.holdOf;
}

function balanceText({ available, held }: CheckedBalance): string {
  return held === 0n ? String(available) : `${available} and ${held} held`;
}

function readable(id: string): string {
  return id.replace('\u0000', ' / ');
}
