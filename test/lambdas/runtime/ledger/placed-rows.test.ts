import fc from 'fast-check';
import { type PlacedRow, servedOnce } from '../../../../lambdas/runtime/ledger/placed-rows';

const row = (shard: string, move: number, state: string, other?: string): PlacedRow => ({ merchantId: 'm', shard, move, state, ...(other && { other }) });
type CountedRow = PlacedRow & { readonly count: number };
const ALL = new Set(['a', 'b', 'c']);
const chosen = (rows: PlacedRow[], answered = ALL): string[] => servedOnce(rows, answered).map(({ shard }) => shard);

describe('servedOnce', () => {
  it.each([
    ['the only one', [row('a', 0, 'served')], ['a']],
    ['the source while the target imports', [row('a', 1, 'copying', 'b'), row('b', 1, 'importing', 'a')], ['a']],
    ['the source between fence and switch', [row('b', 1, 'importing', 'a'), row('a', 1, 'moved', 'b')], ['a']],
    ['the target once it serves', [row('a', 1, 'moved', 'b'), row('b', 1, 'served', 'a')], ['b']],
    ['the target, where the source was asked before the move', [row('a', 0, 'served'), row('b', 1, 'served', 'a')], ['b']],
    ['the source, where the target was asked before the move', [row('a', 1, 'moved', 'b')], ['a']],
    ['the last target of two moves', [row('a', 1, 'moved', 'b'), row('b', 1, 'served', 'a'), row('c', 2, 'served', 'b')], ['c']],
    ['no import alone', [row('b', 1, 'importing', 'a')], []],
  ])('chooses %s', (_what, rows, expected) => {
    expect(chosen(rows)).toEqual(expected);
    expect(chosen([...rows].reverse())).toEqual(expected);
  });

  it('does not count what was left behind where the target does not answer', () => {
    expect(chosen([row('a', 1, 'moved', 'b')], new Set(['a', 'c']))).toEqual([]);
  });

  it('takes the rows of one shard for each merchant, and all of them', () => {
    const rows = [row('a', 1, 'moved', 'b'), row('b', 1, 'served', 'a'), row('b', 1, 'served', 'a'), { ...row('a', 0, 'served'), merchantId: 'n' }];
    expect(servedOnce(rows, ALL)).toEqual([rows[1], rows[2], rows[3]]);
  });

  it('counts a merchant once, with all its payments, at whatever times the shards are asked during moves', () => {
    // A merchant with 10 payments goes from shard to shard; what each shard says at each step of the way.
    fc.assert(fc.property(fc.integer({ min: 1, max: 4 }), fc.array(fc.nat(), { minLength: 3, maxLength: 3 }), fc.constantFrom('a', 'b'), (moves, times, first) => {
      const answers: Record<string, CountedRow | undefined>[] = [];
      const state: Record<string, CountedRow | undefined> = { [first]: { ...row(first, 0, 'served'), count: 10 } };
      const step = (shard: string, next: CountedRow | undefined): void => {
        state[shard] = next;
        answers.push({ ...state });
      };
      answers.push({ ...state });
      let source: string = first;
      for (let move = 1; move <= moves; move++) {
        const target = source === 'a' ? 'b' : source === 'b' ? 'c' : 'a';
        step(target, { ...row(target, move, 'importing', source), count: 0 });
        step(source, { ...row(source, move, 'copying', target), count: 10 });
        step(target, { ...row(target, move, 'importing', source), count: 4 });
        step(source, { ...row(source, move, 'fenced', target), count: 10 });
        step(target, { ...row(target, move, 'importing', source), count: 10 });
        step(source, { ...row(source, move, 'moved', target), count: 10 });
        step(target, { ...row(target, move, 'served', source), count: 10 });
        step(source, undefined);
        source = target;
      }
      // Asked within one move and the window after it: as long as nothing is forgotten meanwhile.
      const from = times[0] % moves * 8;
      const rows = ['a', 'b', 'c'].flatMap((shard, index) => answers[from + times[index] % 8][shard] ?? []).filter(({ count }) => count > 0);
      expect(servedOnce(rows, ALL).reduce((sum, { count }) => sum + count, 0)).toBe(10);
    }), { numRuns: 500 });
  });
});
