import fc from 'fast-check';
import { AdaptiveConcurrencyLimit, type AdaptiveConcurrencyLimitOptions } from '../../../../lambdas/runtime/resilience/adaptive-concurrency-limit';

/** A server that works on so many calls at once: more of them wait for each other. */
function durationOf(inFlight: number, served: number, milliseconds: number): number {
  return milliseconds * Math.max(1, inFlight / served);
}

/** Keeps the limit fully used for so many calls. */
function saturate(limit: AdaptiveConcurrencyLimit, served: number, calls: number, milliseconds = 10): void {
  for (let call = 0; call < calls; call++) {
    limit.report(durationOf(limit.limit, served, milliseconds), limit.limit);
  }
}

describe('AdaptiveConcurrencyLimit', () => {
  it('finds about what can be served, whatever it begins with', () => {
    fc.assert(fc.property(fc.integer({ min: 10, max: 200 }), fc.integer({ min: 1, max: 400 }), (served, initial) => {
      const limit = new AdaptiveConcurrencyLimit({ initial, measureEvery: 200 });
      saturate(limit, served, 6_000);
      expect(limit.limit).toBeGreaterThanOrEqual(0.7 * served);
      expect(limit.limit).toBeLessThanOrEqual(1.6 * served + 10);
    }), { numRuns: 25 });
  });

  it('follows when less can be served, and when more can', () => {
    const limit = new AdaptiveConcurrencyLimit();
    saturate(limit, 100, 3_000);
    const before = limit.limit;
    saturate(limit, 20, 300);
    expect(limit.limit).toBeLessThan(before / 2);
    saturate(limit, 100, 6_000);
    expect(limit.limit).toBeGreaterThanOrEqual(70);
  });

  it('learns that calls take longer than they did, though nothing queues', () => {
    const limit = new AdaptiveConcurrencyLimit({ random: () => 0.99 });
    saturate(limit, 100, 3_000, 10);
    saturate(limit, 100, 500, 40);
    expect(limit.limit).toBeLessThan(40);
    saturate(limit, 100, 6_000, 40);
    expect(limit.limit).toBeGreaterThanOrEqual(70);
  });

  it('learns nothing from calls that are few', () => {
    const limit = new AdaptiveConcurrencyLimit({ initial: 50 });
    for (let call = 0; call < 500; call++) {
      limit.report(10, 24);
    }
    expect(limit.limit).toBe(50);
    limit.report(10, 25);
    limit.report(10, 50);
    expect(limit.limit).toBeGreaterThan(50);
  });

  it('comes down by a tenth with each call that was refused', () => {
    const limit = new AdaptiveConcurrencyLimit({ initial: 100 });
    limit.report(1, 1, true);
    expect(limit.limit).toBe(90);
    limit.report(1, 1, true);
    expect(limit.limit).toBe(81);
  });

  it('stays between its bounds, whatever is reported', () => {
    const report = fc.record({ milliseconds: fc.double({ min: 0, max: 1e6, noNaN: true }), inFlight: fc.nat(500), dropped: fc.boolean() });
    const reports = fc.array(report, { maxLength: 300 });
    fc.assert(fc.property(fc.integer({ min: 1, max: 20 }), fc.nat(100), reports, (minimum, more, all) => {
      const limit = new AdaptiveConcurrencyLimit({ minimum, maximum: minimum + more + 4, headroom: 4 });
      for (const { milliseconds, inFlight, dropped } of all) {
        limit.report(milliseconds, inFlight, dropped);
        expect(limit.limit).toBeGreaterThanOrEqual(minimum);
        expect(limit.limit).toBeLessThanOrEqual(minimum + more + 4);
      }
    }), { numRuns: 100 });
  });

  it.each<[AdaptiveConcurrencyLimitOptions, string]>([
    [{ minimum: 0 }, '`minimum` must be a whole number of at least 1, got: 0'], [{ minimum: 5, maximum: 4 }, '`maximum` must be a whole number of at least 5, got: 4'],
    [{ tolerance: 0.5 }, '`tolerance` must be between 1 and 10, got: 0.5'], [{ initial: 2_000 }, '`initial` must be between 1 and 1000, got: 2000'],
  ])('refuses %j', (options, message) => {
    expect(() => new AdaptiveConcurrencyLimit(options)).toThrow(message);
  });
});
