import fc from 'fast-check';
import { AdaptiveBatchSize, type AdaptiveBatchSizeOptions } from '../../../../lambdas/runtime/resilience/adaptive-batch-size';

/** Sends full batches to something that takes this long for them. */
function send(size: AdaptiveBatchSize, batches: number, durationOf: (items: number) => number): void {
  for (let batch = 0; batch < batches; batch++) {
    size.report(size.size, durationOf(size.size));
  }
}

describe('AdaptiveBatchSize', () => {
  it('grows until a batch takes as long as it may', () => {
    // With less than 8 ms for every batch, a quarter more items brings less than 2 % before the time is half used.
    fc.assert(fc.property(fc.integer({ min: 8, max: 40 }), fc.integer({ min: 1, max: 400 }), (fixed, initial) => {
      const size = new AdaptiveBatchSize({ maximum: 1_000, initial, targetMilliseconds: 100 });
      const durationOf = (items: number): number => fixed + items * 0.5;
      send(size, 600, durationOf);
      const best = (100 - fixed) / 0.5;
      expect(size.size).toBeLessThanOrEqual(best * 1.25);
      expect(size.size).toBeGreaterThanOrEqual(best * 0.5);
    }), { numRuns: 500 });
  });

  it('goes up to its maximum, and not beyond', () => {
    const size = new AdaptiveBatchSize({ maximum: 130, initial: 100, targetMilliseconds: 100 });
    const sizes = new Set<number>();
    for (let batch = 0; batch < 200; batch++) {
      sizes.add(size.size);
      size.report(size.size, 10);
    }
    expect([...sizes]).toEqual([100, 125, 130]);
  });

  it('stays where larger batches bring nothing', () => {
    const size = new AdaptiveBatchSize({ maximum: 10_000, initial: 10, targetMilliseconds: 1_000_000 });
    // Up to 100 items travel together; beyond, one after the other.
    send(size, 2_000, (items) => 50 * Math.max(1, items / 100));
    expect(size.size).toBeGreaterThanOrEqual(80);
    expect(size.size).toBeLessThanOrEqual(160);
  });

  it('finds larger ones when they begin to pay', () => {
    const size = new AdaptiveBatchSize({ maximum: 10_000, initial: 10, targetMilliseconds: 1_000_000 });
    send(size, 500, (items) => 50 * Math.max(1, items / 100));
    send(size, 3_000, (items) => 50 * Math.max(1, items / 1_000));
    expect(size.size).toBeGreaterThanOrEqual(500);
  });

  it('comes down at once with a batch that is too slow or refused, and by half at most', () => {
    const sizeOf = (milliseconds: number, refused = false): number => {
      const size = new AdaptiveBatchSize({ maximum: 1_000, initial: 400, targetMilliseconds: 100 });
      size.report(400, milliseconds, refused);
      return size.size;
    };
    expect([sizeOf(100), sizeOf(125), sizeOf(1_000), sizeOf(1, true)]).toEqual([400, 320, 200, 200]);
  });

  it('learns nothing good from batches that are not full', () => {
    const size = new AdaptiveBatchSize({ maximum: 1_000, initial: 100, targetMilliseconds: 100 });
    for (let batch = 0; batch < 100; batch++) {
      size.report(99, 1);
    }
    expect(size.size).toBe(100);
    for (let batch = 0; batch < 4; batch++) {
      size.report(100, 1);
    }
    expect(size.size).toBe(125);
  });

  it('stays between its bounds, whatever is reported', () => {
    const report = fc.record({ items: fc.nat(300), milliseconds: fc.double({ min: 0, max: 500, noNaN: true }), refused: fc.boolean() });
    const reports = fc.array(report, { maxLength: 200 });
    fc.assert(fc.property(fc.integer({ min: 1, max: 20 }), fc.nat(100), reports, (minimum, more, all) => {
      const size = new AdaptiveBatchSize({ minimum, maximum: minimum + more, targetMilliseconds: 100 });
      for (const { items, milliseconds, refused } of all) {
        size.report(items, milliseconds, refused);
        expect(Number.isInteger(size.size)).toBe(true);
        expect(size.size).toBeGreaterThanOrEqual(minimum);
        expect(size.size).toBeLessThanOrEqual(minimum + more);
      }
    }), { numRuns: 100 });
  });

  it.each<[AdaptiveBatchSizeOptions, string]>([
    [{ maximum: 0, targetMilliseconds: 1 }, '`maximum` must be a whole number of at least 1, got: 0'], [{ maximum: 1, targetMilliseconds: 0 }, '`targetMilliseconds` must be above 0, got: 0'],
    [{ maximum: 5, initial: 6, targetMilliseconds: 1 }, '`initial` must be between 1 and 5, got: 6'],
  ])('refuses %j', (options, message) => {
    expect(() => new AdaptiveBatchSize(options)).toThrow(message);
  });
});
