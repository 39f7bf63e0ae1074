import { identity, isSentPayment, type Outcome, type SentEntry } from '../../../local/load/outcome';
import type { AuditCounts, CheckedBalance, FinalState } from '../../../local/checker/audit';
import type { ClientCounts, Settlement } from '../../../local/checker/books';
import type { LedgerRow } from '../../../local/checker/ledger-row';

/** The ledger at the end, all rows at once, and what stands beside it. */
export interface PlainState extends FinalState {
  readonly rows: readonly LedgerRow[];
}

/** All that is known of one (merchant, key). */
interface Account {
  acked: number;
  /** What was sent under this key and may have an effect: acknowledged, or without a clear answer. */
  readonly sent: SentEntry[];
  scheduledAt: number;
  settledAt?: number;
  /** Times that a row of this key appeared in the ledger. */
  appeared: number;
  /** Times that a row was written over. */
  rewritten: number;
}

const MOST_FINDINGS = 20;

/** The model of the checker's books: everything is kept as it came, and the final state is looked at as a whole. */
export class PlainBooks {
  private readonly accounts = new Map<string, Account>();
  private readonly counts = { sent: 0, acked: 0, refused: 0, unanswered: 0, late: 0 };
  private openAccounts = 0;
  private settledAccounts = 0;

  /**
   * Notes what a client was answered.
   *
   * @returns the settlement, where the effect was seen before the acknowledgement.
   */
  addOutcome(outcome: Outcome): Settlement | undefined {
    this.counts.sent++;
    this.counts.late += outcome.late ? 1 : 0;
    if (outcome.status === 202) {
      this.counts.acked++;
    } else if (outcome.status === 0) {
      this.counts.unanswered++;
    } else {
      this.counts.refused++;
    }
    // A payment that was turned away for what it says has no effect; after 429 and 5xx it may be in the stream all the same.
    const mayHaveEffect = outcome.status === 202 || outcome.status === 0 || outcome.status === 429 || outcome.status >= 500;
    const entry = outcome.payment ?? outcome.movement;
    if (!entry || !mayHaveEffect) {
      return undefined;
    }
    const id = identity(entry.merchantId, entry.idempotencyKey);
    const account = this.account(id);
    if (!account.sent.some((sent) => isSame(sent, entry))) {
      account.sent.push(entry);
    }
    if (outcome.status !== 202 || account.acked++ > 0) {
      return undefined;
    }
    account.scheduledAt = outcome.scheduledAt;
    this.openAccounts++;
    return this.settlement(id, account);
  }

  /**
   * Notes that a row appeared in the ledger.
   *
   * @param at when it was written, in milliseconds since 1970.
   * @returns the settlement, where it is the first effect of an acknowledged payment.
   */
  addAppearance(id: string, at: number): Settlement | undefined {
    this.account(id).appeared++;
    return this.settle(id, at);
  }

  /** Notes that a row of the ledger was written over in a field that never changes. */
  addRewrite(id: string): void {
    this.account(id).rewritten++;
  }

  /** Notes that a payment is parked for good. */
  addParked(id: string, at: number): Settlement | undefined {
    return this.settle(id, at);
  }

  clientCounts(): ClientCounts {
    return { ...this.counts };
  }

  /** Acknowledged payments, each key once. */
  get acknowledgedKeys(): number {
    return this.openAccounts;
  }

  /** Those of them that have settled. */
  get settledKeys(): number {
    return this.settledAccounts;
  }

  /** Holds the books against what the tables and the API say at the end. */
  audit(state: PlainState): AuditCounts {
    return new Audit(this.accounts, state).run();
  }

  private account(id: string): Account {
    let account = this.accounts.get(id);
    if (!account) {
      account = { acked: 0, sent: [], scheduledAt: 0, appeared: 0, rewritten: 0 };
      this.accounts.set(id, account);
    }
    return account;
  }

  private settle(id: string, at: number): Settlement | undefined {
    const account = this.account(id);
    if (account.settledAt !== undefined) {
      return undefined;
    }
    account.settledAt = at;
    return account.acked > 0 ? this.settlement(id, account) : undefined;
  }

  private settlement(id: string, account: Account): Settlement | undefined {
    if (account.settledAt === undefined) {
      return undefined;
    }
    this.settledAccounts++;
    return { identity: id, milliseconds: Math.max(0, account.settledAt - account.scheduledAt) };
  }
}

/** One comparison of the books with the final state. */
class Audit {
  private readonly findings: string[] = [];
  private readonly rows = new Map<string, LedgerRow[]>();
  /** Own sums by `merchant NUL currency`. */
  private readonly available = new Map<string, bigint>();
  private readonly held = new Map<string, bigint>();
  /** What draws on each payment or hold, by its identity. */
  private readonly draws = new Map<string, SentEntry[]>();
  private readonly terms = { applied: 0, duplicates: 0, rejected: 0, parked: 0, lost: 0, doubled: 0, outOfBalance: 0, holds: 0, releases: 0 };

  constructor(
    private readonly accounts: ReadonlyMap<string, Account>,
    private readonly state: PlainState,
  ) {
    for (const row of state.rows) {
      this.rows.set(row.identity, [...(this.rows.get(row.identity) ?? []), row]);
    }
  }

  run(): AuditCounts {
    this.accounts.forEach((account, id) => this.checkAccount(id, account));
    this.rows.forEach((rows, id) => this.checkRows(id, rows));
    this.checkLeft();
    this.checkRejections();
    this.checkBalances('the balance table', this.state.balances, this.allMerchantCurrencies());
    this.checkBalances('the API', this.state.answeredBalances, new Set(this.state.answeredBalances.keys()));
    return { ...this.terms, payouts: { settled: 0, released: 0, rejected: 0, duplicates: 0, lost: 0 }, findings: this.findings };
  }

  /** What became of every acknowledgement of one key. */
  private checkAccount(id: string, account: Account): void {
    if (account.rewritten > 0) {
      this.found('doubled', account.rewritten, `${readable(id)} was written over ${account.rewritten} times`);
    }
    if (account.acked === 0) {
      return;
    }
    this.terms.duplicates += account.acked - 1;
    const row = this.rows.get(id)?.[0];
    if (row) {
      this.terms[row.status]++;
      this.terms.holds += row.status === 'applied' && this.rows.get(id)!.some((it) => it.entry.type === 'hold' && it.status === 'applied') ? 1 : 0;
      this.terms.releases += row.status === 'applied' && row.entry.type === 'release' ? 1 : 0;
    } else if (this.state.parked.has(id)) {
      this.terms.parked++;
    } else {
      this.found('lost', 1, `${readable(id)} was acknowledged and is in no table`);
    }
  }

  /** What the ledger holds under one key: at most one effect, of something that was sent. */
  private checkRows(id: string, rows: readonly LedgerRow[]): void {
    const account = this.accounts.get(id);
    const effects = Math.max(rows.length, account?.appeared ?? 0);
    if (!account || account.sent.length === 0) {
      this.found('doubled', effects, `${readable(id)} has an effect that nobody asked for`);
      return;
    }
    if (effects > 1) {
      this.found('doubled', effects - 1, `${readable(id)} took effect ${effects} times`);
    }
    if (this.state.parked.has(id)) {
      this.found('doubled', 1, `${readable(id)} is in the ledger and parked`);
    }
    const row = rows[0];
    const sent = account.sent.find((entry) => isSame(entry, row.entry));
    if (!sent) {
      this.found('outOfBalance', 1, `${readable(id)} is stored with fields that were not sent`);
      return;
    }
    if (row.status === 'applied') {
      const [available, held] = { payment: [1n, 0n], refund: [-1n, 0n], hold: [-1n, 1n], release: [1n, -1n], settle: [0n, -1n] }[sent.type];
      const of = identity(sent.merchantId, sent.currency);
      addTo(this.available, of, available * BigInt(sent.amount));
      addTo(this.held, of, held * BigInt(sent.amount));
      const drawn = drawnBy(sent);
      if (drawn !== undefined) {
        this.draws.set(drawn, [...(this.draws.get(drawn) ?? []), sent]);
      }
    }
  }

  /** Nothing takes more than there is, and each row says what is left of it. */
  private checkLeft(): void {
    for (const row of this.state.rows) {
      if (row.entry.type === 'payment' || row.entry.type === 'hold') {
        const left = BigInt(row.entry.amount) - this.drawnOf(row.identity);
        if (left < 0n || row.left !== left) {
          const what = this.isOfType(row.identity, 'hold') ? 'held' : 'left to refund';
          this.found('outOfBalance', 1, `${readable(row.identity)} has ${row.left} ${what}, the books say ${left}`);
        }
      }
    }
    for (const [drawn, draws] of this.draws) {
      if (draws.some(isSentPayment) && !this.isOfType(drawn, 'payment')) {
        this.found('outOfBalance', 1, `${readable(drawn)} was refunded and is no payment`);
      }
      if (!draws.every(isSentPayment) && !this.isOfType(drawn, 'hold')) {
        this.found('outOfBalance', 1, `${readable(drawn)} was released or settled and is no hold`);
      }
    }
  }

  private isOfType(id: string, type: 'payment' | 'hold'): boolean {
    return this.rows.get(id)?.some((row) => row.entry.type === type && row.status === 'applied') === true;
  }

  private drawnOf(id: string): bigint {
    return (this.draws.get(id) ?? []).reduce((sum, { amount }) => sum + BigInt(amount), 0n);
  }

  /** What draws on something is turned away for a reason that holds. */
  private checkRejections(): void {
    for (const row of this.state.rows) {
      if (row.status !== 'rejected' || !row.reason!.startsWith('exceeds_')) {
        continue;
      }
      const id = drawnBy(row.entry) ?? identity(row.merchantId, '');
      const drawn = this.rows.get(id)?.[0];
      const left = drawn === undefined ? 0n : BigInt(drawn.entry.amount) - this.drawnOf(id);
      if (BigInt(row.entry.amount) <= left) {
        const what = this.isOfType(id, 'hold') ? 'of the hold' : 'to refund';
        this.found('outOfBalance', 1, `${readable(row.identity)} was rejected though ${left} is left ${what}`);
      }
    }
  }

  private checkBalances(source: string, balances: ReadonlyMap<string, CheckedBalance>, merchantCurrencies: ReadonlySet<string>): void {
    for (const id of merchantCurrencies) {
      const { available, held } = balances.get(id) ?? { available: 0n, held: 0n };
      const sum = { available: this.available.get(id) ?? 0n, held: this.held.get(id) ?? 0n };
      if (available !== sum.available || held !== sum.held) {
        const text = (balance: CheckedBalance) => (balance.held === 0n ? `${balance.available}` : `${balance.available} and ${balance.held} held`);
        this.found('outOfBalance', 1, `${source} says ${text({ available, held })} for ${readable(id)}, the books say ${text(sum)}`);
      }
    }
  }

  private allMerchantCurrencies(): Set<string> {
    return new Set([...this.available.keys(), ...this.state.balances.keys()]);
  }

  private found(term: 'lost' | 'doubled' | 'outOfBalance', count: number, what: string): void {
    this.terms[term] += count;
    if (this.findings.length < MOST_FINDINGS) {
      this.findings.push(`${term}: ${what}`);
    }
  }
}

function isSame(left: SentEntry, right: SentEntry): boolean {
  const fields = (entry: SentEntry) => (isSentPayment(entry)
    ? [entry.amount, entry.currency, entry.type, entry.payerId, entry.refundOf, entry.token]
    : [entry.amount, entry.currency, entry.type, entry.holdOf, entry.reason]);
  return JSON.stringify(fields(left)) === JSON.stringify(fields(right));
}

/** Identity of the payment or hold that an entry draws on. */
function drawnBy(entry: SentEntry): string | undefined {
  const key = isSentPayment(entry) ? entry.refundOf : entry.holdOf;
  return key === undefined ? undefined : identity(entry.merchantId, key);
}

function addTo(sums: Map<string, bigint>, id: string, amount: bigint): void {
  sums.set(id, (sums.get(id) ?? 0n) + amount);
}

function readable(id: string): string {
  return id.replace('\u0000', ' / ');
}
