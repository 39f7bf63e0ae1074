import type { ApiClient } from '../load/api-client';
import { identity, type Outcome } from '../load/outcome';
import { askForBalance } from './api-balance';
import type { AuditCounts, CheckedBalance } from './audit';
import { bankTransfers } from './bank';
import { Books, type ClientCounts, type Settlement } from './books';
import type { AppearedRow, JudgedLedger } from './judged-ledger';
import { LatencyMeter, type Percentiles } from './latency-meter';
import { PacedReading } from './paced-reading';
import type { PayoutEnds, PayoutState } from './payout-audit';
import type { PayoutClientCounts } from './payouts';
import type { Tables } from './tables';

/** Where a run stands. */
export interface CheckerProgress extends ClientCounts {
  /** Acknowledged payments, holds and releases, each key once. */
  readonly acknowledgedKeys: number;
  readonly settledKeys: number;
  /** Acknowledged payouts that have not come to their end. */
  readonly openPayouts: number;
  /** Rows of the ledger that change a balance. */
  readonly ledgerEffects: number;
  readonly acceptMs: Percentiles;
  readonly settleMs: Percentiles;
}

/** Where a run stands, for those who watch it. */
export interface LiveProgress extends CheckerProgress {
  /** Payments that are parked, as they were a moment ago. */
  readonly parkedKeys: number;
  /** Latencies since the last time that this was asked for; undefined where nothing was answered or settled. */
  readonly recentAcceptMs: Percentiles | undefined;
  readonly recentSettleMs: Percentiles | undefined;
}

/** What the checker found at the end. */
export interface CheckerReport extends Omit<AuditCounts, 'payouts'>, ClientCounts {
  readonly payouts: PayoutClientCounts & PayoutEnds;
  readonly acceptMs: Percentiles;
  readonly settleMs: Percentiles;
  /** Parked records that name no payment. */
  readonly parkedUnreadable: number;
  /** Available + held as the balances say, sorted by code point. */
  readonly balances: readonly { readonly merchantId: string; readonly currency: string; readonly balance: string }[];
}

/** Names of the tables that stand beside the ledger. */
export interface TablesBeside {
  readonly parking: string;
  /** Where payouts are written down. @default - there are no payouts */
  readonly payouts?: string;
}

export interface CheckerOptions {
  readonly ledger: JudgedLedger;
  readonly tables: Tables;
  readonly names: TablesBeside;
  readonly apis: readonly ApiClient[];
  /** Told what has settled, for those who wait for it. */
  readonly onSettled: (identities: readonly string[]) => void;
  /** Milliseconds since 1970. @default Date.now */
  readonly clock?: () => number;
  /** Address of the pretend bank. @default - there is none */
  readonly bankUrl?: string;
}

/** A balance that the API is asked for. */
interface Question {
  readonly merchantId: string;
  readonly currency: string;
}

/** Most balances that are asked for through the API at the end, and how many at a time. */
const MOST_BALANCE_REQUESTS = 2_000;
const CONCURRENT_BALANCE_REQUESTS = 8;

/** Follows both sides of a run, the clients' and the ledger's, and holds them against each other. */
export class Checker {
  private readonly books = new Books();
  private readonly acceptLatency = new LatencyMeter();
  private readonly settleLatency = new LatencyMeter();
  private ledgerEffects = 0;
  private readonly parkedIdentities: PacedReading<ReadonlySet<string>>;
  /** Undefined where balances change with the rows. */
  private readonly effects: PacedReading<number> | undefined;
  private readonly rejectedPayouts: PacedReading<ReadonlySet<string>>;
  private readonly ledger: JudgedLedger;
  private readonly tables: Tables;
  private readonly names: TablesBeside;
  private readonly clock: () => number;

  constructor(private readonly options: CheckerOptions) {
    const { ledger, tables, names, clock = Date.now } = options;
    this.ledger = ledger;
    this.tables = tables;
    this.names = names;
    this.clock = clock;
    this.parkedIdentities = new PacedReading(async () => (await tables.parked(names.parking)).identities, clock);
    this.effects = ledger.projectedEffects && new PacedReading(() => ledger.projectedEffects!(), clock);
    this.rejectedPayouts = new PacedReading(async () => this.readRejectedPayouts(), clock);
  }

  addOutcomes(outcomes: readonly Outcome[]): void {
    const settlements: Settlement[] = [];
    for (const outcome of outcomes) {
      if (outcome.status === 202) {
        this.acceptLatency.add(outcome.answeredAt - outcome.scheduledAt);
      }
      const settlement = this.books.addOutcome(outcome);
      if (settlement) {
        settlements.push(settlement);
      }
    }
    this.noteSettled(settlements);
  }

  /** Takes note of rows that have come into the ledger. */
  appeared(rows: readonly AppearedRow[]): void {
    const settlements: Settlement[] = [];
    for (const { merchantId, idempotencyKey, isApplied, at } of rows) {
      if (isApplied) {
        this.ledgerEffects++;
        this.books.addEffect(merchantId, idempotencyKey);
      }
      const settlement = this.books.addAppearance(identity(merchantId, idempotencyKey), at);
      if (settlement) {
        settlements.push(settlement);
      }
    }
    this.noteSettled(settlements);
  }

  /** Takes note of a row that was written over. @param id (merchant, key) */
  rewritten(id: string): void {
    this.books.addRewrite(id);
  }

  /** Whether something was acknowledged that has neither come into the ledger nor been found parked, or a payout has not come to its end. */
  get isWaiting(): boolean {
    return this.books.settledKeys < this.books.acknowledgedKeys || this.books.openPayouts > 0;
  }

  /** Looks for payouts that were rejected: nothing in the ledger tells of them. What is found may be a moment old. */
  async lookForRejectedPayouts(): Promise<void> {
    (await this.rejectedPayouts.read()).forEach((id) => this.books.addRejectedPayout(id));
  }

  /** Looks for payments that were parked: the parking table has no stream to follow. What is found may be a moment old. */
  async lookForParked(): Promise<void> {
    const identities = await this.parkedIdentities.read();
    const now = this.clock();
    this.noteSettled([...identities].map((id) => this.books.addParked(id, now)).filter((settlement) => settlement !== undefined));
  }

  /** Effects that the balances hold, as they were a moment ago; those of the rows where one transaction changes both. */
  async projectedEffects(): Promise<number> {
    return this.effects === undefined ? this.ledgerEffects : this.effects.read();
  }

  progress(): CheckerProgress {
    return {
      ...this.books.clientCounts(),
      acknowledgedKeys: this.books.acknowledgedKeys,
      settledKeys: this.books.settledKeys,
      openPayouts: this.books.openPayouts,
      ledgerEffects: this.ledgerEffects,
      acceptMs: this.acceptLatency.all,
      settleMs: this.settleLatency.all,
    };
  }

  async liveProgress(): Promise<LiveProgress> {
    await this.lookForParked();
    const parkedKeys = (await this.parkedIdentities.read()).size;
    return { ...this.progress(), parkedKeys, recentAcceptMs: this.acceptLatency.takeRecent(), recentSettleMs: this.settleLatency.takeRecent() };
  }

  /** Forgets the latencies measured so far: those of the warm-up do not count. */
  resetLatencies(): void {
    this.acceptLatency.reset();
    this.settleLatency.reset();
  }

  /** Reads the tables and the API's answers, and holds the books against them. */
  async report(): Promise<CheckerReport> {
    const audit = this.books.beginAudit();
    const questions = new Map<string, Question>();
    for await (const rows of this.ledger.rows()) {
      for (const row of rows) {
        audit.addRow(row);
        const { merchantId, currency } = row.entry;
        questions.set(identity(merchantId, currency), { merchantId, currency });
      }
    }
    const parked = await this.tables.parked(this.names.parking);
    const balances = await this.ledger.balances();
    const { payouts: ends, ...counts } = audit.finish({
      parked: parked.identities, balances, answeredBalances: await this.askForBalances(questions), payouts: await this.payoutState(),
    });
    return {
      ...this.books.clientCounts(),
      ...counts,
      payouts: { ...this.books.payoutCounts(), ...ends },
      acceptMs: this.acceptLatency.all,
      settleMs: this.settleLatency.all,
      parkedUnreadable: parked.unreadable,
      balances: [...balances]
        .map(([id, balance]) => ({ merchantId: id.split('\u0000')[0], currency: id.split('\u0000')[1], balance: (balance.available + balance.held).toString() }))
        .sort((left, right) => compareCodePoints(left.merchantId, right.merchantId) || compareCodePoints(left.currency, right.currency)),
    };
  }

  private noteSettled(settlements: readonly Settlement[]): void {
    if (settlements.length > 0) {
      settlements.forEach(({ milliseconds }) => this.settleLatency.add(milliseconds));
      this.options.onSettled(settlements.map((settlement) => settlement.identity));
    }
  }

  private async payoutState(): Promise<PayoutState> {
    const { bankUrl } = this.options;
    return {
      rejected: await this.readRejectedPayouts(),
      transfers: bankUrl === undefined ? undefined : await bankTransfers(bankUrl),
    };
  }

  private async readRejectedPayouts(): Promise<ReadonlySet<string>> {
    const { payouts } = this.names;
    return payouts === undefined ? new Set() : this.tables.rejectedPayouts(payouts);
  }

  /** What the API answers for each merchant and currency of the ledger. */
  private async askForBalances(questions: ReadonlyMap<string, Question>): Promise<Map<string, CheckedBalance>> {
    const { apis } = this.options;
    const queue = [...questions].slice(0, MOST_BALANCE_REQUESTS);
    const answers = new Map<string, CheckedBalance>();
    const ask = async (api: ApiClient): Promise<void> => {
      for (let next = queue.pop(); next; next = queue.pop()) {
        const [id, { merchantId, currency }] = next;
        answers.set(id, await askForBalance(api, merchantId, currency));
      }
    };
    await Promise.all(Array.from({ length: CONCURRENT_BALANCE_REQUESTS }, (_, index) => ask(apis[index % apis.length])));
    return answers;
  }
}

function compareCodePoints(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}
