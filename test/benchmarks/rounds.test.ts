import fc from 'fast-check';
import { interleave, ratio, rotations, type Side, spread } from '../../benchmarks/harness/rounds';

function side(name: string, log: string[], microseconds: () => number, itemsPerRound = 10): Side {
  return { name, description: name, itemsPerRound, round: async () => { log.push(name); return microseconds(); } };
}

describe('rounds of a benchmark', () => {
  it('take turns, each beginning with another side, and count none of the warm-up', async () => {
    const log: string[] = [];
    const measurements = await interleave([side('a', log, () => 100), side('b', log, () => 20)], 2, 1, () => undefined);
    expect(log).toEqual(['a', 'b', 'b', 'a', 'a', 'b']);
    expect([...measurements]).toEqual([['a', [10, 10]], ['b', [2, 2]]]);
  });

  it('give figures per item, so that a costly side may do fewer', async () => {
    const measurements = await interleave([side('a', [], () => 100, 5), side('b', [], () => 100, 50)], 1, 0, () => undefined);
    expect(ratio(measurements, 'a', 'b')).toEqual({ median: 10, minimum: 10, maximum: 10 });
  });

  it('compare round by round, so that a busy moment meets both sides', () => {
    const measurements = new Map([['other', [10, 40, 20]], ['ours', [1, 4, 1]]]);
    expect(ratio(measurements, 'other', 'ours')).toEqual({ median: 10, minimum: 10, maximum: 20 });
  });

  it('are put together so that each side had each place once', () => {
    expect([...rotations(new Map([['a', [1, 3, 5, 7]], ['b', [10, 30, 20, 20]]]), 2)]).toEqual([['a', [2, 6]], ['b', [20, 20]]]);
  });

  it('have a median between the ends', () => {
    fc.assert(fc.property(fc.array(fc.double({ noNaN: true, min: 0, max: 1e9 }), { minLength: 1 }), (values) => {
      const { median, minimum, maximum } = spread(values);
      expect(values.filter((value) => value < median).length).toBeLessThanOrEqual(values.length / 2);
      expect(values.filter((value) => value > median).length).toBeLessThanOrEqual(values.length / 2);
      expect([minimum, maximum]).toEqual([Math.min(...values), Math.max(...values)]);
    }));
  });

  it('refuse to make a median of nothing', () => {
    expect(() => spread([])).toThrow('`values` must hold at least one value');
  });
});
