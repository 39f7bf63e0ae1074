import type { KeyRange } from './range-map';

/** A row on its way from shard to shard. */
export interface RangeRow {
  readonly key: string;
  /** Undefined of a row that was deleted. */
  readonly value: string | undefined;
  /**
   * Place of its last write in the log of the shard. Of one key it only grows, over moves too: a shard that begins to serve a range
   * numbers its writes on from the highest revision that it imported.
   */
  readonly revision: number;
}

/** Thrown when a move is over or another one came after it: whoever is told this reads the map again. */
export class StaleMoveError extends Error {
  public constructor(move: number) {
    super(`move ${move} is over, or another one came after it`);
    this.name = 'StaleMoveError';
  }
}

/** Thrown when a shard does not serve a key: the caller's map is old. The caller reads the map and asks again. */
export class NotServedError extends Error {
  public constructor(key: string) {
    super(`this shard does not serve ${JSON.stringify(key)}`);
    this.name = 'NotServedError';
  }
}

/**
 * What a shard must be able to do so that its ranges can be moved.
 *
 * A shard knows itself which ranges it serves, imports or has fenced, and with which move that began; reads and writes of a key that it does not
 * serve are refused with `NotServedError`, decided together with the write. So nobody has to know the newest map to be safe, only to be
 * answered. Every operation is atomic, may be repeated, and is refused with `StaleMoveError` when the shard has seen a later move of one of the
 * keys, or this one in a later state.
 */
export interface RangeShard {
  /** Makes the range one that is imported, without rows. Rows that were imported by the same move stay. */
  startImport(range: KeyRange, move: number): Promise<void>;
  /** Takes rows, deletions too; of one key the greatest revision stays. */
  importRows(range: KeyRange, rows: readonly RangeRow[], move: number): Promise<void>;
  /** Begins to serve an imported range. */
  serve(range: KeyRange, move: number): Promise<void>;
  /** Place of the last write in the log, of whatever range. */
  logEnd(): Promise<number>;
  /** Rows after a key, in the order of keys. @param after @default - from the beginning of the range */
  page(range: KeyRange, after: string | undefined, limit: number): Promise<readonly RangeRow[]>;
  /** Latest states of rows written after a place in the log, deletions too, and the place up to which that is all. */
  changes(range: KeyRange, after: number, limit: number): Promise<{ readonly rows: readonly RangeRow[]; readonly end: number }>;
  /** Ends serving the range. No write to it succeeds later. @returns place of the last write in the log */
  fence(range: KeyRange, move: number): Promise<number>;
  /** Forgets the rows of a fenced range. */
  drop(range: KeyRange, move: number): Promise<void>;
}
