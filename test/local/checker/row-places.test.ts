import fc from 'fast-check';
import { RowPlaces } from '../../../local/checker/row-places';

const PAGE_BYTES = 8_192;
/** Bytes of a row of which forty fill a page: with its pointer it takes 204. */
const ROW_BYTES = 200;
const ROWS_OF_PAGE = 40;

const tried = (places: RowPlaces): string[] => places.candidates().slice(1, -1).split('","').map((it) => it.replaceAll('"', '')).filter((it) => it !== '');
const fill = (places: RowPlaces, page: number, from = 1, to = ROWS_OF_PAGE): boolean[] =>
  Array.from({ length: to - from + 1 }, (_, index) => places.add(`(${page},${from + index})`, ROW_BYTES));
const laterLooks = (places: RowPlaces, count: number): string[][] => Array.from({ length: count }, () => tried(places));

describe('places of rows', () => {
  let places: RowPlaces;
  beforeEach(() => {
    places = new RowPlaces(PAGE_BYTES);
  });

  it('begin at the first page, and end at the last row that was seen', () => {
    expect(places.end).toBe('(0,0)');
    expect(tried(places)).toEqual([]);
    expect(fill(places, 0, 1, 3)).toEqual([true, true, true]);
    expect(places.end).toBe('(0,3)');
    expect(tried(places)).toEqual([]);
  });

  it('are new once', () => {
    expect(places.add('(7,3)', ROW_BYTES)).toBe(true);
    expect(places.add('(7,3)', ROW_BYTES)).toBe(false);
    expect(places.add('(7,2)', ROW_BYTES)).toBe(true);
    expect(places.add('(7,291)', ROW_BYTES)).toBe(true);
    expect(places.end).toBe('(7,291)');
  });

  it('are tried behind the last row of every page with room, in gaps, and in pages that were passed over', () => {
    fill(places, 0);
    fill(places, 1, 1, 5);
    places.add('(3,1)', ROW_BYTES);
    places.add('(3,4)', ROW_BYTES);
    expect(tried(places).sort()).toEqual(['(1,6)', '(1,7)', '(2,1)', '(2,2)', '(3,2)', '(3,3)']);
  });

  it('are tried as far as a transaction may reach where something of it was found', () => {
    fill(places, 0, 1, 5);
    places.add('(1,1)', ROW_BYTES);
    tried(places);
    fill(places, 0, 6, 7);
    expect(tried(places)).toEqual(Array.from({ length: 64 }, (_, index) => `(0,${8 + index})`));
    expect(tried(places)).toEqual(['(0,8)', '(0,9)']);
  });

  it('are tried no more in a page that is full, and less often in one that nobody uses', () => {
    fill(places, 0, 1, 5);
    fill(places, 1);
    places.add('(2,1)', ROW_BYTES);
    expect(laterLooks(places, 100).filter((it) => it.length > 0)).toHaveLength(40);
    fill(places, 0, 6);
    expect(laterLooks(places, 10).flat()).toEqual([]);
  });

  it('are forgotten where nothing came for longest, when there are too many, and never all tried at the cost of a look', () => {
    places.add('(100000,1)', ROW_BYTES);
    const some = tried(places);
    expect(some.length).toBeLessThan(2 * 513);
    expect(some).toContain('(99999,1)');
    expect(some).not.toContain('(0,1)');
    expect(places.end).toBe('(100000,1)');
  });

  it('are found, all and once, however writers take turns', () => {
    // Writers fill pages of their own; what they have written is seen when their transaction is over.
    const step = fc.record({ writer: fc.nat(3), rows: fc.integer({ min: 1, max: 60 }), ends: fc.boolean(), looks: fc.boolean() });
    fc.assert(fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const seen = new RowPlaces(PAGE_BYTES);
      const visible: string[] = [];
      const found: string[] = [];
      const writers = Array.from({ length: 4 }, () => ({ page: -1, row: 0, pending: [] as string[] }));
      let pages = 0;
      const commit = (writer: (typeof writers)[number]) => visible.push(...writer.pending.splice(0));
      const look = () => {
        const isAfter = (place: string, end: string): boolean => {
          const [[page, row], [lastPage, lastRow]] = [place, end].map((it) => it.slice(1, -1).split(',').map(Number));
          return page > lastPage || (page === lastPage && row > lastRow);
        };
        const end = seen.end;
        const candidates = new Set(tried(seen));
        const inOrder = visible.filter((it) => isAfter(it, end)).sort((one, other) => (isAfter(one, other) ? 1 : -1));
        found.push(...[...inOrder, ...visible.filter((it) => candidates.has(it))].filter((it) => seen.add(it, ROW_BYTES)));
      };
      for (const { writer: number, rows, ends, looks } of steps) {
        const writer = writers[number];
        for (let count = 0; count < rows; count++) {
          if (writer.page < 0 || writer.row === ROWS_OF_PAGE) {
            writer.page = pages++;
            writer.row = 0;
          }
          writer.pending.push(`(${writer.page},${++writer.row})`);
        }
        if (ends) {
          commit(writer);
        }
        if (looks) {
          look();
        }
      }
      writers.forEach(commit);
      for (let looks = 0; looks < 8; looks++) {
        look();
      }
      expect([...found].sort()).toEqual([...visible].sort());
    }), { numRuns: 80 });
  });
});
