import { renderGrowthTable } from '../../../lib/report/growth-table';
import type { GrowthForecast } from '../../../lib/sizing/outgrown';

const at = (day: string, factor: number) => ({ day, factor });
const days = [at('2026-11-01', 1), at('2027-11-01', 2)];
const quiet: GrowthForecast = {
  from: '2026-11-01', until: '2027-11-01', growth: 'compound, 100 % a year from 2026-11-01', days, sizes: [], outgrown: [], quotas: [],
};
const size = { unit: 'shards', name: 'shards', now: 4 };

describe('the table of growth', () => {
  it('says so where nothing gives way', () => {
    expect(renderGrowthTable(quiet)).toBe('Growth: compound, 100 % a year from 2026-11-01; looked at until 2027-11-01.\nNothing gives way until 2027-11-01.\n');
  });

  it('tells equal parts once', () => {
    const sizes = ['a', 'b', 'c'].map((path) => ({ ...size, path, values: [4, path === 'c' ? 9 : null] }));
    const outgrown = ['a', 'b'].map((path) => ({ ...size, path, needed: 5, ...at('2027-01-01', 1.12), usedUp: at('2027-09-01', 1.8) }));
    const lines = renderGrowthTable({ ...quiet, sizes, outgrown, bottleneck: { what: 'a/shards', ...at('2027-09-01', 1.8) } }).split('\n');
    expect(lines[1]).toBe('First to give way: a/shards, on 2027-09-01 at 1.8 x the stated rates.');
    expect(lines.slice(3, 10)).toEqual([
      'Sizes that the plan of a day would have',
      '          deployed  2026-11-01  2027-11-01',
      '  rates                    1 x         2 x',
      'a and 1 alike',
      '  shards         4           4           -',
      'c',
      '  shards         4           4           9',
    ]);
    expect(lines.slice(12, 14)).toEqual([
      '  day          rates  used up     deployed -> planned  size',
      '  2027-01-01  1.12 x  2027-09-01  4 -> 5 shards        a and 1 alike: shards',
    ]);
  });

  it('tells from when on there is no plan', () => {
    const stop = { ...at('2027-05-01', 1.4), because: '`peak` must be lower, got: 5' };
    const text = renderGrowthTable({ ...quiet, stop, bottleneck: { what: 'quota x', ...at('2027-02-01', 1.2) } }, { width: 200 });
    expect(text).toContain('First to give way: quota x, on 2027-02-01 at 1.2 x the stated rates. From 2027-05-01 on there is no plan: `peak` must be lower, got: 5.');
  });

  it('keeps to the width', () => {
    const sizes = [{ ...size, path: 'a/very/long/path'.repeat(8), values: [4, 5] }];
    expect(Math.max(...renderGrowthTable({ ...quiet, sizes }, { width: 60 }).split('\n').map((line) => line.length))).toBeLessThanOrEqual(60);
  });
});
