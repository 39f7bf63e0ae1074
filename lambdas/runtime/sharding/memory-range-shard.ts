import { isInRange, type KeyRange } from './range-map';
import { NotServedError, type RangeRow, type RangeShard, StaleMoveError } from './range-shard';

/** What a shard knows of a stretch of keys. `absent`: it had it, and let it go. */
interface Holding extends KeyRange {
  readonly state: 'serving' | 'importing' | 'fenced' | 'absent';
  /** Move with which the state began. */
  readonly move: number;
}

/** A shard in memory: what `RangeShard` asks for, word by word. For tests of what stands on it, and for shards that live in a process. */
export class MemoryRangeShard implements RangeShard {
  private readonly rows = new Map<string, RangeRow>();
  private log = 0;
  private holdings: readonly Holding[];

  /** @param served ranges that it serves from the start. @default - none */
  public constructor(served: readonly KeyRange[] = []) {
    this.holdings = served.map(({ from, to }) => ({ from, to, state: 'serving', move: 0 }));
  }

  /** @throws NotServedError when the key lies elsewhere, or nowhere for a moment */
  public async get(key: string): Promise<string | undefined> {
    this.requireServed(key);
    return this.rows.get(key)?.value;
  }

  /** @param value undefined deletes the row. @throws NotServedError when the key lies elsewhere, or nowhere for a moment */
  public async set(key: string, value: string | undefined): Promise<void> {
    this.requireServed(key);
    this.rows.set(key, { key, value, revision: ++this.log });
  }

  public async startImport(range: KeyRange, move: number): Promise<void> {
    const known = this.require(range, move, ({ state, move: since }) => since < move || state === 'importing');
    if (known.length === 0 || known.some((holding) => holding.move < move)) {
      this.forget(range);
      this.hold(range, 'importing', move);
    }
  }

  public async importRows(range: KeyRange, rows: readonly RangeRow[], move: number): Promise<void> {
    this.requireExactly(range, move, 'importing');
    for (const row of rows) {
      if (row.revision > (this.rows.get(row.key)?.revision ?? 0)) {
        this.rows.set(row.key, row);
      }
    }
  }

  public async serve(range: KeyRange, move: number): Promise<void> {
    this.requireExactly(range, move, 'importing', 'serving');
    this.rowsOf(range).forEach(({ revision }) => { this.log = Math.max(this.log, revision); });
    this.hold(range, 'serving', move);
  }

  public async logEnd(): Promise<number> {
    return this.log;
  }

  public async page(range: KeyRange, after: string | undefined, limit: number): Promise<readonly RangeRow[]> {
    const rows = this.rowsOf(range).filter(({ key }) => after === undefined || key > after);
    return rows.sort((a, b) => (a.key < b.key ? -1 : 1)).slice(0, limit);
  }

  public async changes(range: KeyRange, after: number, limit: number): Promise<{ readonly rows: readonly RangeRow[]; readonly end: number }> {
    const rows = this.rowsOf(range).filter(({ revision }) => revision > after).sort((a, b) => a.revision - b.revision).slice(0, limit);
    return { rows, end: rows.length < limit ? this.log : rows[rows.length - 1].revision };
  }

  public async fence(range: KeyRange, move: number): Promise<number> {
    const known = this.require(range, move, ({ state, move: since }) => (since < move ? state === 'serving' : state === 'fenced'));
    if (known.length === 0) {
      throw new StaleMoveError(move);
    }
    this.hold(range, 'fenced', move);
    return this.log;
  }

  public async drop(range: KeyRange, move: number): Promise<void> {
    this.requireExactly(range, move, 'fenced', 'absent');
    this.forget(range);
    this.hold(range, 'absent', move);
  }

  private rowsOf(range: KeyRange): RangeRow[] {
    return [...this.rows.values()].filter(({ key }) => isInRange(range, key));
  }

  private forget(range: KeyRange): void {
    this.rowsOf(range).forEach(({ key }) => this.rows.delete(key));
  }

  private requireServed(key: string): void {
    if (!this.holdings.some((holding) => holding.state === 'serving' && isInRange(holding, key))) {
      throw new NotServedError(key);
    }
  }

  /** What is known of the keys of a range, all of which must not be ahead of a move. */
  private require(range: KeyRange, move: number, admits: (holding: Holding) => boolean): readonly Holding[] {
    const known = this.holdings.filter((holding) => overlap(holding, range));
    if (known.some((holding) => holding.move > move || !admits(holding))) {
      throw new StaleMoveError(move);
    }
    return known;
  }

  private requireExactly(range: KeyRange, move: number, ...states: readonly Holding['state'][]): void {
    if (this.require(range, move, ({ state, move: since }) => since === move && states.includes(state)).length === 0) {
      throw new StaleMoveError(move);
    }
  }

  /** Cuts a range out of what is known, and puts its new state there. */
  private hold({ from, to }: KeyRange, state: Holding['state'], move: number): void {
    const others = this.holdings.flatMap((holding) => {
      if (!overlap(holding, { from, to })) {
        return [holding];
      }
      const left = holding.from < from ? [{ ...holding, to: from }] : [];
      const right = to !== undefined && (holding.to === undefined || holding.to > to) ? [{ ...holding, from: to }] : [];
      return [...left, ...right];
    });
    this.holdings = [...others, { from, to, state, move }];
  }
}

function overlap(a: KeyRange, b: KeyRange): boolean {
  return (a.to === undefined || a.to > b.from) && (b.to === undefined || b.to > a.from);
}
