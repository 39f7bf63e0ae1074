import { LedgerTail, type LedgerChange, type StreamClient } from './ledger-tail';
import { isLedgerRow, isRewritten, readLedgerRow, type LedgerRow } from './ledger-row';
import type { JudgedLedger, LedgerObserver } from './judged-ledger';
import type { Tables } from './tables';
import type { CheckedBalance } from './audit';

export interface TableLedgerOptions {
  readonly tables: Tables;
  /** Names of the tables with the rows. */
  readonly ledger: readonly string[];
  /** Name of the table with the balances. */
  readonly balances: string;
  /** Client of the tables' streams. */
  readonly streams: StreamClient;
  /** ARNs of the streams of the tables with the rows. */
  readonly streamArns: readonly string[];
  /** How often they are read. */
  readonly pollMilliseconds: number;
}

/** A ledger in tables of DynamoDB whose streams tell of every change. */
export class TableLedger implements JudgedLedger {
  private tails: readonly LedgerTail[] = [];

  constructor(private readonly options: TableLedgerOptions) {}

  async follow(observer: LedgerObserver): Promise<void> {
    const { streams, streamArns, pollMilliseconds } = this.options;
    this.tails = streamArns.map((streamArn) =>
      new LedgerTail(streams, streamArn, pollMilliseconds, (change) => tellChange(change, observer), (error) => observer.failed(error)));
    await Promise.all(this.tails.map((tail) => tail.start()));
  }

  async *rows(): AsyncGenerator<readonly LedgerRow[]> {
    for await (const items of this.options.tables.ledgerPages(this.options.ledger)) {
      yield items.filter(isLedgerRow).map(readLedgerRow);
    }
  }

  balances(): Promise<Map<string, CheckedBalance>> {
    return this.options.tables.balances(this.options.balances);
  }

  projectedEffects(): Promise<number> {
    return this.options.tables.projectedEffects(this.options.balances);
  }

  async stop(): Promise<void> {
    await Promise.all(this.tails.map((tail) => tail.stop()));
  }
}

/** Tells what a change of an item means. */
export function tellChange(change: LedgerChange, observer: Pick<LedgerObserver, 'appeared' | 'rewritten'>): void {
  if (!isLedgerRow((change.after ?? change.before)!)) {
    return;
  }
  if (change.kind === 'INSERT') {
    const { merchantId, entry, status } = readLedgerRow(change.after!);
    observer.appeared([{ merchantId, idempotencyKey: entry.idempotencyKey, isApplied: status === 'applied', at: change.at }]);
  } else if (change.kind === 'MODIFY' && isRewritten(change.before!, change.after!)) {
    observer.rewritten(readLedgerRow(change.after!).identity);
  }
}
