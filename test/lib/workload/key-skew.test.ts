import fc from 'fast-check';
import { KeySkew } from '../../../lib/workload';

/** The law itself, summed one by one. */
function shares(keys: number, exponent: number): number[] {
  const weights = Array.from({ length: keys }, (_, index) => Math.pow(index + 1, -exponent));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

const skews = fc.record({ keys: fc.integer({ min: 1, max: 20_000 }), exponent: fc.double({ min: 0, max: 3, noNaN: true }) });

describe('Zipf shares', () => {
  it('give the hottest of 500 merchants 14.7 %', () => {
    // The harmonic number of 500 is 6.792823...
    expect(KeySkew.zipf({ keys: 500, exponent: 1 }).maximumShare()).toBeCloseTo(1 / 6.792823, 6);
  });

  it('are those of the law', () => {
    fc.assert(fc.property(skews, ({ keys, exponent }) => {
      const skew = KeySkew.zipf({ keys, exponent });
      const law = shares(keys, exponent);
      expect(Math.abs(skew.maximumShare() / law[0] - 1)).toBeLessThan(1e-8);
      expect(Math.abs(skew.share(keys) / law[keys - 1] - 1)).toBeLessThan(1e-8);
    }), { numRuns: 50 });
  });

  it('add up to 1 over all groups, which cover every key once', () => {
    fc.assert(fc.property(skews, ({ keys, exponent }) => {
      const groups = KeySkew.zipf({ keys, exponent }).groups();
      expect(groups.reduce((sum, group) => sum + group.keys, 0)).toBe(keys);
      expect(groups.reduce((sum, group) => sum + group.keys * group.share, 0)).toBeCloseTo(1, 7);
    }), { numRuns: 50 });
  });

  it('know how many keys are above a bound', () => {
    fc.assert(fc.property(skews, fc.double({ min: 1e-6, max: 1, noNaN: true }), ({ keys, exponent }, bound) => {
      const skew = KeySkew.zipf({ keys, exponent });
      const count = skew.keysAbove(bound);
      expect(count === 0 || skew.share(count) > bound).toBe(true);
      expect(count === keys || skew.share(count + 1) <= bound).toBe(true);
    }));
  });

  it('are equal for a uniform skew', () => {
    expect(KeySkew.uniform(200).maximumShare()).toBeCloseTo(1 / 200, 12);
    expect(KeySkew.uniform(200).keysAbove(1 / 200)).toBe(0);
    expect(KeySkew.uniform(200).keysAbove(1 / 201)).toBe(200);
  });

  it('cost little for ten million keys', () => {
    const skew = KeySkew.zipf({ keys: 10_000_000, exponent: 1 });
    // The harmonic number of 10^7 is 16.695311...
    expect(1 / skew.maximumShare()).toBeCloseTo(16.695311, 6);
    expect(skew.groups().length).toBeLessThan(1500);
  });

  it('grow for the hottest key with the exponent', () => {
    fc.assert(fc.property(fc.integer({ min: 2, max: 5000 }), fc.double({ min: 0, max: 2.9, noNaN: true }), (keys, exponent) => {
      expect(KeySkew.zipf({ keys, exponent: exponent + 0.1 }).maximumShare()).toBeGreaterThan(KeySkew.zipf({ keys, exponent }).maximumShare());
    }));
  });

  it('are named', () => {
    expect(`${KeySkew.uniform(3)}, ${KeySkew.zipf({ keys: 500, exponent: 1 })}`).toBe('uniform over 3 keys, Zipf over 500 keys, exponent 1');
  });
});
