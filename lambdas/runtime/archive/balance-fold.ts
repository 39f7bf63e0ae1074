import type { BalanceRowKey } from '../balance/balance-table';
import { type ArchivedChange, sequenceOf } from './archived-change';
import { effectOf } from './change-effect';

/** Sums of what went into one balance row. */
export interface BalanceSums {
  /** In minor units. */
  readonly available: bigint;
  readonly held: bigint;
  /** Ledger rows with an effect. */
  readonly count: bigint;
}

/** What the archive says of one balance row, cut where the live row stands. */
export interface FoldedRow {
  readonly key: BalanceRowKey;
  /** All that is archived. */
  total: BalanceSums;
  /** Of it, what comes after the place where the live row stands; all of it where there is no live row. */
  ahead: BalanceSums;
  /** Of what is ahead, what comes after the watermark too: no row had to hold it when the rows were read. */
  later: BalanceSums;
  /** Of the last change with an effect, as `comparableSequence` writes it. */
  lastSequence: string;
}

export const NO_SUMS: BalanceSums = { available: 0n, held: 0n, count: 0n };

export function addSums(a: BalanceSums, b: BalanceSums): BalanceSums {
  return { available: a.available + b.available, held: a.held + b.held, count: a.count + b.count };
}

export function subtractSums(a: BalanceSums, b: BalanceSums): BalanceSums {
  return { available: a.available - b.available, held: a.held - b.held, count: a.count - b.count };
}

export function equalSums(a: BalanceSums, b: BalanceSums): boolean {
  return a.available === b.available && a.held === b.held && a.count === b.count;
}

/** One text for a key: a currency has three letters and a shard's name no line break. */
export function rowText({ merchantId, currency, streamShard }: BalanceRowKey): string {
  return `${currency}${streamShard}\n${merchantId}`;
}

/** Adds archived changes up to balance rows, by the rule of the projector but without its fences: the archive has each change once. */
export class BalanceFold {
  private readonly folded = new Map<string, FoldedRow>();
  private unknownRows = 0;

  /**
   * @param cuts how far each live row has come, by `rowText`: its `lastSequence`. @default - no live rows
   * @param watermark how far each shard had come before the live rows were read. @default - no shard had begun
   */
  public constructor(
    private readonly cuts: ReadonlyMap<string, string> = new Map(), private readonly watermark: ReadonlyMap<string, string> = new Map(),
  ) {}

  /** Rows by `rowText`. */
  public get rows(): ReadonlyMap<string, FoldedRow> {
    return this.folded;
  }

  /** New rows that the rule does not know, and that are in no balance. */
  public get unknown(): number {
    return this.unknownRows;
  }

  /** What a checkpoint holds of a row. */
  public restore(key: BalanceRowKey, sums: BalanceSums, lastSequence: string): void {
    this.add(key, sums, lastSequence);
  }

  /** Changes of one object, in the order of its chain. */
  public addChanges(streamShard: string, changes: readonly ArchivedChange[]): void {
    for (const change of changes) {
      const effect = effectOf(change);
      if (effect === 'unknown') {
        this.unknownRows += 1;
      } else if (effect !== undefined) {
        const { merchantId, currency, available, held } = effect;
        this.add({ merchantId, currency, streamShard }, { available: BigInt(available), held: BigInt(held), count: 1n }, sequenceOf(change));
      }
    }
  }

  private add(key: BalanceRowKey, sums: BalanceSums, sequence: string): void {
    const text = rowText(key);
    const row = this.folded.get(text) ?? { key, total: NO_SUMS, ahead: NO_SUMS, later: NO_SUMS, lastSequence: '' };
    row.total = addSums(row.total, sums);
    if (sequence > (this.cuts.get(text) ?? '')) {
      row.ahead = addSums(row.ahead, sums);
      if (sequence > (this.watermark.get(key.streamShard) ?? '')) {
        row.later = addSums(row.later, sums);
      }
    }
    if (sequence > row.lastSequence) {
      row.lastSequence = sequence;
    }
    this.folded.set(text, row);
  }
}
