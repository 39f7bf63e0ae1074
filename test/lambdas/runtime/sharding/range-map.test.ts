import fc from 'fast-check';
import { isInRange, RangeMap } from '../../../../lambdas/runtime/sharding/range-map';

const key = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'd'), maxLength: 4 });
const shard = fc.constantFrom('s1', 's2', 's3');
const change = fc.record({ kind: fc.constantFrom('split', 'join', 'startMove', 'switchMove', 'endMove'), key, shard });

/** Applies what can be applied; what is refused must leave nothing behind. */
function mapAfter(changes: readonly { kind: string; key: string; shard: string }[]): RangeMap {
  return changes.reduce((map, it) => {
    const version = map.version;
    try {
      const next = it.kind === 'startMove' ? map.startMove(it.key, it.shard) : (map[it.kind as 'split'])(it.key);
      expect(next.version).toBe(version + 1);
      return next;
    } catch {
      return map;
    }
  }, RangeMap.single('s1'));
}

describe('RangeMap', () => {
  it('covers every key once, whatever was split, joined and moved', () => {
    fc.assert(fc.property(fc.array(change, { maxLength: 30 }), fc.array(key, { minLength: 1 }), (changes, keys) => {
      const map = mapAfter(changes);
      for (const it of keys) {
        const holders = map.ranges.filter((range) => isInRange(range, it));
        expect(holders).toEqual([map.rangeOf(it)]);
        expect(map.shardOf(it)).toBe(holders[0].shard);
      }
      expect(RangeMap.fromJSON(JSON.parse(JSON.stringify(map)))).toEqual(map);
    }), { numRuns: 300 });
  });

  it('names the shards of a stretch: those of its keys, and no others', () => {
    fc.assert(fc.property(fc.array(change, { maxLength: 30 }), key, key, (changes, a, b) => {
      fc.pre(a !== b);
      const map = mapAfter(changes);
      const stretch = a < b ? { from: a, to: b } : { from: b, to: a };
      // Borders and the ends of the stretch are all the keys at which something can change.
      const keys = [stretch.from, ...map.ranges.map(({ from }) => from).filter((it) => isInRange(stretch, it))];
      expect(new Set(map.shardsOf(stretch))).toEqual(new Set(keys.map((it) => map.shardOf(it))));
      expect(new Set(map.shardsOf({ from: '' }))).toEqual(new Set(map.ranges.map((range) => range.shard)));
    }), { numRuns: 300 });
  });

  it('does not name the shard of a range that begins where the stretch ends', () => {
    const map = RangeMap.single('s1').split('m').startMove('z', 's2').switchMove('z').endMove('z');
    expect(map.shardOf('m')).toBe('s2');
    expect(map.shardsOf({ from: 'a', to: 'm' })).toEqual(['s1']);
    expect(map.shardsOf({ from: 'a', to: 'n' })).toEqual(['s1', 's2']);
  });

  it('moves a range in three versions', () => {
    const split = RangeMap.single('s1').split('m');
    const copying = split.startMove('z', 's2');
    expect(copying.rangeOf('z')).toEqual({ from: 'm', shard: 's1', transfer: { move: 3, other: 's2', phase: 'copying' } });
    expect(copying.shardOf('a')).toBe('s1');
    const switched = copying.switchMove('z');
    expect(switched.rangeOf('z')).toEqual({ from: 'm', shard: 's2', transfer: { move: 3, other: 's1', phase: 'switched' } });
    expect(switched.endMove('z').ranges).toEqual([{ from: '', to: 'm', shard: 's1' }, { from: 'm', shard: 's2' }]);
  });

  it('refuses what makes no sense', () => {
    const map = RangeMap.single('s1').split('m');
    expect(() => map.split('m')).toThrow('`at` must lie inside a range, but one begins at "m"');
    expect(() => map.startMove('m', 's1')).toThrow('`shard` must be another one than that which serves the range, got: "s1"');
    expect(() => map.startMove('m', 's2').split('z')).toThrow('is being moved');
    expect(() => map.startMove('m', 's2').join('m')).toThrow('is being moved');
    expect(() => map.startMove('a', 's2').join('m')).toThrow('`at` must be the border of two ranges on one shard, got: "m"');
    expect(() => map.join('n')).toThrow('`at` must be the border of two ranges on one shard, got: "n"');
    expect(() => map.switchMove('m')).toThrow('is not being copied');
    expect(() => map.startMove('m', 's2').endMove('m')).toThrow('was not switched');
    expect(map.join('m').ranges).toEqual([{ from: '', shard: 's1' }]);
  });

  it.each([
    [{ version: 0, ranges: [] }, '`version` must be a whole number between 1'],
    [{ version: 1, ranges: [] }, '`ranges` must have at least 1 range'],
    [{ version: 1, ranges: [{ from: 'a', shard: 's' }] }, 'without gap'],
    [{ version: 1, ranges: [{ from: '', to: 'b', shard: 's' }, { from: 'c', shard: 's' }] }, 'without gap'],
    [{ version: 1, ranges: [{ from: '', to: 'b', shard: 's' }] }, 'without gap'],
  ])('refuses %j', (json, message) => {
    expect(() => RangeMap.fromJSON(json)).toThrow(message);
  });
});
