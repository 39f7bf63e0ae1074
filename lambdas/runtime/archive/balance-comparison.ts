import type { BalanceRow, BalanceRowKey } from '../balance/balance-table';
import type { Tip } from './archive-report';
import { addSums, type BalanceFold, type BalanceSums, equalSums, type FoldedRow, NO_SUMS, rowText, subtractSums } from './balance-fold';

/** A balance row as it is in the table. */
export interface LiveRow extends BalanceRow {
  readonly key: BalanceRowKey;
}

/** A balance that is not what the archive makes of it. */
export interface BalanceDifference {
  readonly merchantId: string;
  readonly currency: string;
  /** Empty for rows that hold what came through several shards. */
  readonly streamShard: string;
  /** Undefined where there is no such row, but there should be. */
  readonly live: BalanceSums | undefined;
  readonly archive: BalanceSums;
}

export interface BalanceComparison {
  /** Live rows that were compared. */
  readonly rows: number;
  readonly differences: readonly BalanceDifference[];
  /** Rows whose latest changes the archive does not hold yet, so that they cannot be compared. */
  readonly archiveBehind: readonly BalanceRowKey[];
  /** Changes up to the watermark that have not reached the balance row which stands before them. */
  readonly balancesBehind: bigint;
}

/**
 * Compares balance rows with the archive, each at the very place where it stands: what was archived after it counts against it only up to the
 * watermark. Rows of shards that the archive does not know (a merchant's folded ones) are compared with the sum of what has no row of its own; where
 * there are none, what has no row is a difference.
 *
 * @param fold made with the rows' `lastSequence` as cuts, and the watermark
 * @param tips how far the archive goes, by shard
 */
export function compareBalances(live: readonly LiveRow[], fold: BalanceFold, tips: ReadonlyMap<string, Tip>): BalanceComparison {
  const differences: BalanceDifference[] = [];
  const archiveBehind: BalanceRowKey[] = [];
  let balancesBehind = 0n;
  const left = new Map<string, FoldedRow>(fold.rows);
  const foldedRows = new Map<string, { readonly key: BalanceRowKey; live: BalanceSums; archive: BalanceSums }>();
  const foldedText = ({ currency, merchantId }: BalanceRowKey): string => currency + merchantId;
  for (const row of live) {
    const { key } = row;
    const text = rowText(key);
    const tip = tips.get(key.streamShard);
    const archived = left.get(text);
    left.delete(text);
    if (tip === undefined && archived === undefined) {
      const sum = foldedRows.get(foldedText(key)) ?? { key, live: NO_SUMS, archive: NO_SUMS };
      sum.live = addSums(sum.live, row);
      foldedRows.set(foldedText(key), sum);
    } else if (tip !== undefined && row.lastSequence > tip.lastSequence) {
      archiveBehind.push(key);
    } else {
      const expected = archived === undefined ? NO_SUMS : subtractSums(archived.total, archived.ahead);
      if (!equalSums(row, expected)) {
        differences.push({ ...key, live: sumsOf(row), archive: expected });
      }
      balancesBehind += archived === undefined ? 0n : archived.ahead.count - archived.later.count;
    }
  }
  for (const { key, total, later } of left.values()) {
    const expected = subtractSums(total, later);
    const sum = foldedRows.get(foldedText(key));
    if (sum !== undefined) {
      sum.archive = addSums(sum.archive, expected);
    } else if (expected.count > 0n) {
      differences.push({ ...key, live: undefined, archive: expected });
    }
  }
  for (const { key: { merchantId, currency }, live: held, archive } of foldedRows.values()) {
    if (!equalSums(held, archive)) {
      differences.push({ merchantId, currency, streamShard: '', live: held, archive });
    }
  }
  return { rows: live.length, differences, archiveBehind, balancesBehind };
}

function sumsOf({ available, held, count }: BalanceSums): BalanceSums {
  return { available, held, count };
}
