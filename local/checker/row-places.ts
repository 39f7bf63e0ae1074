import { Column } from './column';

/** What PostgreSQL needs of a page for itself, and of each row beside its bytes; rows begin at multiples of eight: its `bufpage.h` and `itemid.h`. */
const PAGE_HEADER_BYTES = 24;
const ROW_POINTER_BYTES = 4;
const ALIGNMENT = 8;
/** More rows than a page of 8 KiB can hold (`MaxHeapTuplesPerPage` is 291), as bytes of marks. */
const MARK_BYTES = 40;

/** Numbers that are tried behind the last row of a page that may get more; a writer that gave up leaves a gap. */
const TRIED_ROWS = 2;
/** Those that are tried where the look before found something: the rest of a transaction. */
const TRIED_ROWS_OF_ACTIVE = 64;
/** Pages with room that are remembered: each writer has one, and those of transactions that are not over. */
const MOST_OPEN_PAGES = 512;
/** A page in which nothing was found for so many looks is tried at every fourth look only. */
const LOOKS_UNTIL_COLD = 20;
const LOOKS_BETWEEN_COLD = 4;

/** A page that may get further rows. */
interface OpenPage {
  /** Highest number of a row that was seen in it. */
  last: number;
  /** Rows that were seen in it. */
  rows: number;
  freeBytes: number;
  /** The last look that found something in it. */
  foundAt: number;
}

/**
 * Where rows of one append-only table lie that were seen, by page and number, and where further ones may come: behind the last page, and in pages
 * that have room or belong to a transaction that is not over.
 *
 * Each writer of PostgreSQL fills a page of its own, and all rows of a transaction are seen at once: new rows come behind older ones, but not only
 * there.
 */
export class RowPlaces {
  private readonly marks = new Column(Uint8Array);
  /** By page, the one that something was found in last at the end. */
  private readonly open = new Map<number, OpenPage>();
  private active = new Set<number>();
  private lastPage = -1;
  private look = 0;
  private rows = 0;
  private bytes = 0;

  /** @param pageBytes of the server: `block_size` */
  constructor(private readonly pageBytes: number) {}

  /** The last place that a row was seen in: everything behind it is new. */
  get end(): string {
    const last = this.open.get(this.lastPage)?.last;
    return this.lastPage < 0 ? '(0,0)' : tid(this.lastPage, last ?? 0xffff);
  }

  /** Begins a look. @returns places before the end that may have got a row, as an array of PostgreSQL */
  candidates(): string {
    const places: string[] = [];
    this.look++;
    for (const [page, { last, rows, foundAt }] of this.open) {
      const isActive = this.active.has(page);
      if (!isActive && this.look - foundAt > LOOKS_UNTIL_COLD && this.look % LOOKS_BETWEEN_COLD > 0) {
        continue;
      }
      for (let row = 1; row < last; row++) {
        if (rows < last && !this.isSeen(page, row)) {
          places.push(tid(page, row));
        }
      }
      // Behind the last row of the last page is the end.
      for (let row = last + 1; page !== this.lastPage && row <= last + (isActive ? TRIED_ROWS_OF_ACTIVE : TRIED_ROWS); row++) {
        places.push(tid(page, row));
      }
    }
    this.active = new Set();
    return places.length === 0 ? '{}' : `{"${places.join('","')}"}`;
  }

  /**
   * Notes that a row was seen.
   *
   * @param place as PostgreSQL writes a `ctid`
   * @param bytes of the row
   * @returns whether it was not seen before
   */
  add(place: string, bytes: number): boolean {
    const comma = place.indexOf(',');
    const page = Number(place.slice(1, comma));
    const row = Number(place.slice(comma + 1, -1));
    if (this.isSeen(page, row)) {
      return false;
    }
    this.marks.add(page * MARK_BYTES + (row >> 3), 1 << (row & 7));
    const taken = Math.ceil(bytes / ALIGNMENT) * ALIGNMENT + ROW_POINTER_BYTES;
    this.rows++;
    this.bytes += taken;
    if (page < this.lastPage) {
      this.active.add(page);
    }
    this.openUpTo(page);
    this.fill(page, row, taken);
    return true;
  }

  private isSeen(page: number, row: number): boolean {
    return (this.marks.get(page * MARK_BYTES + (row >> 3)) & (1 << (row & 7))) > 0;
  }

  /** Pages that are passed over belong to transactions that are not over. */
  private openUpTo(page: number): void {
    const previous = this.lastPage;
    this.lastPage = Math.max(previous, page);
    if (previous >= 0 && previous < this.lastPage) {
      this.closeIfFull(previous);
    }
    for (let passed = Math.max(previous + 1, this.lastPage - MOST_OPEN_PAGES); passed <= this.lastPage; passed++) {
      this.open.set(passed, { last: 0, rows: 0, freeBytes: this.pageBytes - PAGE_HEADER_BYTES, foundAt: this.look });
    }
    for (const oldest of this.open.keys()) {
      if (this.open.size <= MOST_OPEN_PAGES) {
        break;
      }
      this.open.delete(oldest);
    }
  }

  private fill(page: number, row: number, taken: number): void {
    const state = this.open.get(page);
    if (state === undefined) {
      return;
    }
    state.last = Math.max(state.last, row);
    state.rows++;
    state.freeBytes -= taken;
    if (state.foundAt < this.look) {
      state.foundAt = this.look;
      this.open.delete(page);
      this.open.set(page, state);
    }
    if (page < this.lastPage) {
      this.closeIfFull(page);
    }
  }

  /** A page without gaps and without room for another row of the usual size gets none. */
  private closeIfFull(page: number): void {
    const state = this.open.get(page);
    if (state !== undefined && state.rows === state.last && state.freeBytes < this.bytes / this.rows) {
      this.open.delete(page);
    }
  }
}

function tid(page: number, row: number): string {
  return `(${page},${row})`;
}
