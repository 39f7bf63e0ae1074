import fc from 'fast-check';
import { TokenBucket } from '../../../../lambdas/runtime/resilience/token-bucket';
import { ManualClock } from '../support/manual-clock';

describe('TokenBucket', () => {
  const asks = fc.array(fc.record({ after: fc.nat(300), tokens: fc.integer({ min: 1, max: 8 }) }), { minLength: 1, maxLength: 60 });

  it('lets through in no span more than a burst and what flows back in it, and refuses nothing that is there', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 20 }), asks, (tokensPerSecond, burst, steps) => {
      const clock = new ManualClock();
      const bucket = new TokenBucket({ tokensPerSecond, burst, clock });
      const taken: { at: number; tokens: number }[] = [];
      let level = burst;
      for (const { after, tokens } of steps) {
        clock.time += after;
        level = Math.min(burst, level + (after * tokensPerSecond) / 1_000);
        expect(bucket.available).toBeCloseTo(level, 6);
        if (Math.abs(level - tokens) < 1e-6) {
          continue;
        }
        expect(bucket.tryTake(tokens)).toBe(level > tokens);
        if (level > tokens) {
          level -= tokens;
          taken.push({ at: clock.time, tokens });
        }
      }
      taken.forEach((first, index) => {
        let sum = 0;
        for (const { at, tokens } of taken.slice(index)) {
          sum += tokens;
          expect(sum).toBeLessThanOrEqual(burst + ((at - first.at) * tokensPerSecond) / 1_000 + 1e-6);
        }
      });
    }), { numRuns: 200 });
  });

  it('says after how long there is enough: not a millisecond before', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 900 }), fc.integer({ min: 1, max: 50 }), (tokensPerSecond, tokens) => {
      const clock = new ManualClock();
      const bucket = new TokenBucket({ tokensPerSecond, burst: 50, clock });
      bucket.tryTake(50);
      const wait = bucket.waitFor(tokens);
      clock.time += wait - 1;
      expect(bucket.tryTake(tokens)).toBe(false);
      clock.time += 1;
      expect(bucket.waitFor(tokens)).toBe(0);
      expect(bucket.tryTake(tokens)).toBe(true);
    }));
    expect(new TokenBucket({ tokensPerSecond: 1, burst: 2 }).waitFor(3)).toBe(Number.POSITIVE_INFINITY);
  });

  it('takes more than there is while anything is left, and nothing until that has flowed back', () => {
    const clock = new ManualClock();
    const bucket = new TokenBucket({ tokensPerSecond: 10, clock });
    expect([bucket.takeOwing(35), bucket.takeOwing(1)]).toEqual([0, 2_501]);
    clock.time += 2_500;
    expect(bucket.takeOwing(1)).toBe(1);
    clock.time += 1;
    expect(bucket.takeOwing(1)).toBe(0);
  });

  it('neither gives nor takes when the clock is set back', () => {
    const clock = new ManualClock();
    const bucket = new TokenBucket({ tokensPerSecond: 10, clock });
    bucket.tryTake(10);
    clock.time -= 3_600_000;
    expect(bucket.available).toBe(0);
    clock.time += 500;
    expect(bucket.available).toBe(5);
  });

  it('keeps what flowed back at the old rate when the rate changes', () => {
    const clock = new ManualClock();
    const bucket = new TokenBucket({ tokensPerSecond: 10, clock });
    bucket.tryTake(10);
    clock.time += 500;
    bucket.change(100);
    expect(bucket.available).toBe(5);
    clock.time += 100;
    expect([bucket.available, bucket.tokensPerSecond]).toEqual([15, 100]);
    bucket.change(4);
    expect(bucket.available).toBe(4);
  });

  it.each([[{ tokensPerSecond: 0 }, 'tokensPerSecond'], [{ tokensPerSecond: 1, burst: 0 }, 'burst']])('refuses %j', (options, name) => {
    expect(() => new TokenBucket(options)).toThrow(`\`${name}\` must be above 0, got: 0`);
  });
});
