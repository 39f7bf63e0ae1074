import type { DirectoryLease } from './directory-lease';

/** What lies under a key: a row, or the mark of one that lies in another bucket. */
export type Stored<Row> = { readonly kind: 'row'; readonly row: Row } | { readonly kind: 'moved'; readonly pk: string };

/** The table that rows are spread over. */
export interface GrowingTable<Row> {
  /** Stores a row if nothing lies under its key. */
  insert(pk: string, sk: string, row: Row): Promise<'inserted' | 'exists'>;
  /**
   * Stores a row under `pk` and the mark of it under `earlier` if nothing lies under either key: both, or neither.
   */
  insertMarked(pk: string, earlier: string, sk: string, row: Row): Promise<'inserted' | 'exists'>;
  /** Consistently. */
  find(pk: string, sk: string): Promise<Stored<Row> | undefined>;
}

/**
 * Rows that are inserted once and found again while the number of buckets of their owner grows, without a pause and without moving a row.
 *
 * For as long as rows of before count, an insert is a transaction: the row in its new bucket, and a mark in the old one. The mark
 * does what a mere check that the old bucket is empty does, and one thing more: a worker that goes by the old version, because its clock is behind
 * or because it was frozen between its look at the lease and its write, finds the key taken in the bucket that it knows, however late it
 * comes. The lease bounds how late that can be, so that marks may be given up after the window.
 */
export class GrowingRows<Row> {
  public constructor(private readonly table: GrowingTable<Row>, private readonly lease: DirectoryLease) {}

  /**
   * Stores a row if its key is new, in whatever bucket.
   *
   * @throws DirectoryLapsedError when it is not known where it belongs, or what the table throws: the row is stored or not, and it can be
   * inserted again
   */
  public async insert(owner: string, key: string, row: Row): Promise<'inserted' | 'exists'> {
    const { version, at } = await this.lease.current();
    const { pk, earlier } = version.place(owner, key, at);
    return earlier === undefined ? this.table.insert(pk, key, row) : this.table.insertMarked(pk, earlier, key, row);
  }

  /** @throws DirectoryLapsedError or what the table throws */
  public async find(owner: string, key: string): Promise<Row | undefined> {
    const { version, at } = await this.lease.current();
    const { pk, earlier } = version.place(owner, key, at);
    // The old bucket first: a row that is inserted meanwhile is then seen in the new one.
    const places = earlier === undefined ? [pk] : [earlier, pk];
    for (const place of places) {
      const stored = await this.table.find(place, key);
      if (stored?.kind === 'row') {
        return stored.row;
      }
      if (stored !== undefined) {
        const moved = await this.table.find(stored.pk, key);
        return moved?.kind === 'row' ? moved.row : undefined;
      }
    }
    return undefined;
  }
}
