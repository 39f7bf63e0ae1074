import fc from 'fast-check';
import { DynamicThrottle, type DynamicThrottleOptions } from '../../../../lambdas/runtime/resilience/dynamic-throttle';
import { TokenBucket } from '../../../../lambdas/runtime/resilience/token-bucket';
import { ManualClock } from '../support/manual-clock';

/** Callers that make as many calls as they are let, to a dependency that takes so many. */
function run(
  throttles: readonly DynamicThrottle[], clock: ManualClock, taken: TokenBucket, milliseconds: number,
): { made: number[]; refused: number } {
  const made = throttles.map(() => 0);
  let refused = 0;
  for (const end = clock.time + milliseconds; clock.time < end; clock.time++) {
    throttles.forEach((throttle, index) => {
      // Offered is far more than can be taken.
      for (let call = 0; call < 3 && throttle.tryTake(); call++) {
        if (taken.tryTake()) {
          made[index]++;
        } else {
          refused++;
          throttle.throttled();
        }
      }
    });
  }
  return { made, refused };
}

describe('DynamicThrottle', () => {
  it('comes close to what is taken, with few refusals', () => {
    fc.assert(fc.property(fc.integer({ min: 50, max: 800 }), (perSecond) => {
      const clock = new ManualClock();
      const taken = new TokenBucket({ tokensPerSecond: perSecond, burst: perSecond / 10, clock });
      const throttle = new DynamicThrottle({ maximumPerSecond: 2_000, clock });
      run([throttle], clock, taken, 10_000);
      const { made, refused } = run([throttle], clock, taken, 20_000);
      expect(made[0]).toBeGreaterThan(0.7 * 20 * perSecond);
      expect(refused).toBeLessThan(0.1 * made[0]);
    }), { numRuns: 4 });
  });

  it('leads those who share a dependency to equal parts', () => {
    const clock = new ManualClock();
    const taken = new TokenBucket({ tokensPerSecond: 400, burst: 40, clock });
    const early = new DynamicThrottle({ maximumPerSecond: 1_000, clock });
    run([early], clock, taken, 10_000);
    const both = [early, new DynamicThrottle({ maximumPerSecond: 1_000, clock })];
    run(both, clock, taken, 20_000);
    const { made } = run(both, clock, taken, 20_000);
    expect(Math.min(...made) / Math.max(...made)).toBeGreaterThan(0.6);
  });

  it('lowers the rate once a round, from what was really sent', () => {
    const clock = new ManualClock();
    const throttle = new DynamicThrottle({ maximumPerSecond: 10_000, growthPerSecond: 0.001, clock });
    for (let call = 0; call < 1_000; call++) {
      throttle.tryTake();
      clock.time += 10;
    }
    throttle.throttled();
    const rate = throttle.perSecond;
    expect(rate).toBeCloseTo(70, 0);
    clock.time += 499;
    throttle.throttled();
    expect(throttle.perSecond).toBe(rate);
    clock.time += 1;
    throttle.throttled();
    expect(throttle.perSecond).toBeCloseTo(rate * 0.7, 1);
  });

  it('grows again evenly, up to its maximum', () => {
    const clock = new ManualClock();
    const throttle = new DynamicThrottle({ maximumPerSecond: 100, growthPerSecond: 10, clock });
    throttle.throttled();
    expect(throttle.perSecond).toBe(70);
    clock.time += 500;
    expect(throttle.perSecond).toBe(70);
    clock.time += 1_000;
    expect(throttle.perSecond).toBeCloseTo(80, 6);
    clock.time += 60_000;
    expect(throttle.perSecond).toBe(100);
  });

  it('never falls below its minimum, and tells how long to wait', () => {
    const clock = new ManualClock();
    const throttle = new DynamicThrottle({ minimumPerSecond: 2, maximumPerSecond: 10, growthPerSecond: 0.001, clock });
    for (let round = 0; round < 20; round++) {
      throttle.throttled();
      clock.time += 500;
    }
    expect(throttle.perSecond).toBeCloseTo(2, 1);
    while (throttle.wait() === 0) {
      throttle.tryTake(3);
    }
    clock.time += throttle.wait();
    expect(throttle.tryTake()).toBe(true);
  });

  it.each<[DynamicThrottleOptions, string]>([
    [{ maximumPerSecond: 0.5 }, '`maximumPerSecond` must be between 1 and 9007199254740991, got: 0.5'],
    [{ maximumPerSecond: 5, decrease: 1 }, '`decrease` must be between 0.01 and 0.99, got: 1'], [{ maximumPerSecond: 5, roundMilliseconds: 0 }, '`roundMilliseconds` must be above 0'],
  ])('refuses %j', (options, message) => {
    expect(() => new DynamicThrottle(options)).toThrow(message);
  });
});
