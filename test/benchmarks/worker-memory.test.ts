import fc from 'fast-check';
import { course } from '../../benchmarks/worker/memory';

describe('the course of memory', () => {
  it('tells halves apart and finds what grows, whatever comes and goes', () => {
    const noise = fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 100, maxLength: 300 });
    fc.assert(fc.property(noise, fc.double({ min: 0.5, max: 5, noNaN: true }), (around, growth) => {
      const flat = course([...around, ...[...around].reverse(), ...around, ...[...around].reverse()].map((it) => 100 + it));
      const leak = course(around.map((it, batch) => 100 + it + growth * batch));
      // What is the same forwards and backwards has no slope.
      expect(Math.abs(flat.growthPerThousand)).toBeLessThan(1e-6);
      expect(flat.secondHalf).toBe(flat.firstHalf);
      expect(leak.growthPerThousand).toBeGreaterThan(0);
      expect(leak.secondHalf).toBeGreaterThan(leak.firstHalf);
    }), { numRuns: 100 });
  });

  it('gives growth by batches, not by the number of values', () => {
    const resident = Array.from({ length: 1_000 }, (_, batch) => 80 + batch / 100);
    const { largest, firstHalf, secondHalf, growthPerThousand } = course(resident);
    expect(largest).toBeCloseTo(89.99, 6);
    expect([firstHalf, secondHalf].map((it) => it.toFixed(2))).toEqual(['82.50', '87.50']);
    expect(growthPerThousand).toBeCloseTo(10, 6);
  });
});
