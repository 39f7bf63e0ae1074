/** A row of a merchant, and what the shard that it comes from says of the merchant. */
export interface PlacedRow {
  readonly merchantId: string;
  /** Shard that the row comes from. */
  readonly shard: string;
  /** The merchant's last move that the shard knows of; 0 before the first. */
  readonly move: number;
  /** As in `merchant_place`; `served` before the first move. */
  readonly state: string;
  /** Shard at the other end of that move; undefined before the first. */
  readonly other?: string;
}

/**
 * Of the rows of each merchant those of one shard: while a merchant moves, two have them, and shards are not asked at the same instant.
 *
 * - An import under way is not whole: it never counts.
 * - Of what is left the latest move counts, and of that the target: once it serves it has all that the source has.
 * - A source that nobody reads from any more counts only where its target answered, and did not serve when it did. Nobody wrote in between.
 *
 * @param answered shards whose rows these are
 */
export function servedOnce<Row extends PlacedRow>(rows: readonly Row[], answered: ReadonlySet<string>): Row[] {
  const chosen = new Map<string, Row>();
  for (const row of rows) {
    const known = chosen.get(row.merchantId);
    if (row.state !== 'importing' && (known === undefined || row.move > known.move || (row.move === known.move && row.state === 'served'))) {
      chosen.set(row.merchantId, row);
    }
  }
  return rows.filter((row) => {
    const { shard, state, other } = chosen.get(row.merchantId) ?? {};
    return row.shard === shard && (state !== 'moved' || answered.has(other ?? ''));
  });
}
