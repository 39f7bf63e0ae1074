import { build, type Histogram } from 'hdr-histogram-js';
import type { ApiClient } from '../load/api-client';
import { identity, type Outcome } from '../load/outcome';
import { type AuditCounts, Books, type ClientCounts, type Settlement } from './books';
import { isRewritten, type LedgerRow, readLedgerRow } from './ledger-row';
import type { LedgerChange } from './ledger-tail';
import type { Tables } from './tables';

/** Percentiles of a latency in milliseconds. */
export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly p999: number;
}

/** Where a run stands. */
export interface CheckerProgress extends ClientCounts {
  /** Acknowledged payments, each key once. */
  readonly acknowledgedKeys: number;
  readonly settledKeys: number;
  /** Rows of the ledger that change a balance. */
  readonly ledgerEffects: number;
  readonly acceptMs: Percentiles;
  readonly settleMs: Percentiles;
}

/** What the checker found at the end. */
export interface CheckerReport extends AuditCounts, ClientCounts {
  readonly acceptMs: Percentiles;
  readonly settleMs: Percentiles;
  /** Parked records that name no payment. */
  readonly parkedUnreadable: number;
  /** Available + held of the balance table, sorted by code point. */
  readonly balances: readonly { readonly merchantId: string; readonly currency: string; readonly balance: string }[];
}

export interface CheckedTables {
  readonly ledger: readonly string[];
  readonly balances: string;
  readonly parking: string;
}

/** Most balances that are asked for through the API at the end, and how many at a time. */
const MOST_BALANCE_REQUESTS = 2_000;
const CONCURRENT_BALANCE_REQUESTS = 8;
const LONGEST_LATENCY_MILLISECONDS = 3_600_000;

/** Follows both sides of a run, the clients' and the tables', and holds them against each other. */
export class Checker {
  private readonly books = new Books();
  private acceptLatency = latencyHistogram();
  private settleLatency = latencyHistogram();
  private ledgerEffects = 0;

  constructor(
    private readonly tables: Tables,
    private readonly names: CheckedTables,
    private readonly apis: readonly ApiClient[],
    /** Told what has settled, for those who wait for it. */
    private readonly onSettled: (identities: readonly string[]) => void,
  ) {}

  addOutcomes(outcomes: readonly Outcome[]): void {
    const settlements: Settlement[] = [];
    for (const outcome of outcomes) {
      if (outcome.status === 202) {
        this.acceptLatency.recordValue(toRecordable(outcome.answeredAt - outcome.scheduledAt));
      }
      const settlement = this.books.addOutcome(outcome);
      if (settlement) {
        settlements.push(settlement);
      }
    }
    this.noteSettled(settlements);
  }

  addChange(change: LedgerChange): void {
    if (change.kind === 'INSERT') {
      const row = readLedgerRow(change.after!);
      this.ledgerEffects += row.status === 'applied' ? 1 : 0;
      const settlement = this.books.addAppearance(row.identity, change.at);
      this.noteSettled(settlement ? [settlement] : []);
    } else if (change.kind === 'MODIFY' && isRewritten(change.before!, change.after!)) {
      this.books.addRewrite(readLedgerRow(change.after!).identity);
    }
  }

  /** Looks for payments that were parked: the parking table has no stream to follow. */
  async lookForParked(): Promise<void> {
    const { identities } = await this.tables.parked(this.names.parking);
    const now = Date.now();
    this.noteSettled([...identities].map((id) => this.books.addParked(id, now)).filter((settlement) => settlement !== undefined));
  }

  /** Effects that the balances hold by now. */
  async projectedEffects(): Promise<number> {
    return (await this.tables.balances(this.names.balances)).effects;
  }

  progress(): CheckerProgress {
    return {
      ...this.books.clientCounts(),
      acknowledgedKeys: this.books.acknowledgedKeys,
      settledKeys: this.books.settledKeys,
      ledgerEffects: this.ledgerEffects,
      acceptMs: percentiles(this.acceptLatency),
      settleMs: percentiles(this.settleLatency),
    };
  }

  /** Forgets the latencies measured so far: those of the warm-up do not count. */
  resetLatencies(): void {
    this.acceptLatency = latencyHistogram();
    this.settleLatency = latencyHistogram();
  }

  /** Reads the tables and the API's answers, and holds the books against them. */
  async report(): Promise<CheckerReport> {
    const rows = await this.tables.ledger(this.names.ledger);
    const parked = await this.tables.parked(this.names.parking);
    const { sums } = await this.tables.balances(this.names.balances);
    const audit = this.books.audit({
      rows,
      parked: parked.identities,
      balances: sums,
      answeredBalances: await this.askForBalances(rows),
    });
    return {
      ...this.books.clientCounts(),
      ...audit,
      acceptMs: percentiles(this.acceptLatency),
      settleMs: percentiles(this.settleLatency),
      parkedUnreadable: parked.unreadable,
      balances: [...sums]
        .map(([id, balance]) => ({ merchantId: id.split('\u0000')[0], currency: id.split('\u0000')[1], balance: balance.toString() }))
        .sort((left, right) => compareCodePoints(left.merchantId, right.merchantId) || compareCodePoints(left.currency, right.currency)),
    };
  }

  private noteSettled(settlements: readonly Settlement[]): void {
    if (settlements.length > 0) {
      settlements.forEach(({ milliseconds }) => this.settleLatency.recordValue(toRecordable(milliseconds)));
      this.onSettled(settlements.map((settlement) => settlement.identity));
    }
  }

  /** What the API answers for each merchant and currency of the ledger. */
  private async askForBalances(rows: readonly LedgerRow[]): Promise<Map<string, bigint>> {
    const questions = new Map(rows.map(({ payment }) => [identity(payment.merchantId, payment.currency), payment]));
    const queue = [...questions].slice(0, MOST_BALANCE_REQUESTS);
    const answers = new Map<string, bigint>();
    const ask = async (api: ApiClient): Promise<void> => {
      for (let next = queue.pop(); next; next = queue.pop()) {
        const [id, { merchantId, currency }] = next;
        const answer = await api.get(`/merchants/${encodeURIComponent(merchantId)}/balance?currency=${currency}`);
        if (answer.status !== 200) {
          throw new Error(`the API answered ${answer.status} when asked for a balance: ${answer.body}`);
        }
        answers.set(id, readBalance(answer.body));
      }
    };
    await Promise.all(Array.from({ length: CONCURRENT_BALANCE_REQUESTS }, (_, index) => ask(this.apis[index % this.apis.length])));
    return answers;
  }
}

/** Reads `{"available":…,"held":…}` exactly: the sums may be larger than a JSON number of JavaScript. */
export function readBalance(body: string): bigint {
  const number = (name: string): bigint => {
    const digits = new RegExp(`"${name}"\\s*:\\s*(-?\\d+)\\s*[,}]`).exec(body)?.[1];
    if (digits === undefined) {
      throw new Error(`the API answered a balance without ${name}: ${body}`);
    }
    return BigInt(digits);
  };
  return number('available') + number('held');
}

function compareCodePoints(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

function latencyHistogram(): Histogram {
  return build({ lowestDiscernibleValue: 1, highestTrackableValue: LONGEST_LATENCY_MILLISECONDS, numberOfSignificantValueDigits: 3 });
}

function toRecordable(milliseconds: number): number {
  return Math.min(LONGEST_LATENCY_MILLISECONDS, Math.max(1, Math.round(milliseconds)));
}

function percentiles(histogram: Histogram): Percentiles {
  return {
    p50: histogram.getValueAtPercentile(50),
    p95: histogram.getValueAtPercentile(95),
    p99: histogram.getValueAtPercentile(99),
    p999: histogram.getValueAtPercentile(99.9),
  };
}
