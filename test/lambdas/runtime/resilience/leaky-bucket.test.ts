import fc from 'fast-check';
import { LeakyBucket, LeakyBucketOverflowError } from '../../../../lambdas/runtime/resilience/leaky-bucket';
import { VirtualTime } from '../support/virtual-time';

describe('LeakyBucket', () => {
  it('spaces calls evenly, and refuses one exactly when the bucket is full', () => {
    const pauses = fc.array(fc.nat(60), { minLength: 1, maxLength: 80 });
    fc.assert(fc.property(fc.constantFrom(10, 40, 100, 1_000), fc.integer({ min: 1, max: 6 }), pauses, (perSecond, capacity, steps) => {
      const interval = 1_000 / perSecond;
      let at = 1_000_000;
      const bucket = new LeakyBucket({ perSecond, capacity, clock: { now: () => at, sleep: async () => undefined } });
      const leaves: number[] = [];
      for (const pause of steps) {
        at += pause;
        // One is in the bucket for an interval from when it leaves.
        const inside = leaves.filter((leave) => leave + interval > at + 1e-6).length;
        const wait = bucket.schedule();
        expect(wait === undefined).toBe(inside >= capacity);
        if (wait !== undefined) {
          leaves.push(at + wait);
        }
      }
      for (let index = 1; index < leaves.length; index++) {
        expect(leaves[index] - leaves[index - 1]).toBeGreaterThanOrEqual(interval - 1e-6);
      }
    }), { numRuns: 200 });
  });

  it('makes calls when their turn comes, and no call for which there is no room', async () => {
    const time = new VirtualTime();
    const bucket = new LeakyBucket({ perSecond: 10, capacity: 3, clock: time });
    const begin = time.now();
    const made: number[] = [];
    const calls = Array.from({ length: 4 }, () => bucket.run(async () => { made.push(time.now() - begin); }));
    await expect(calls[3]).rejects.toThrow(LeakyBucketOverflowError);
    await time.advance(1_000);
    await Promise.all(calls.slice(0, 3));
    expect(made).toEqual([0, 100, 200]);
  });

  it('is not full for ever when the clock is set back', () => {
    let now = 1_000_000;
    const bucket = new LeakyBucket({ perSecond: 1, capacity: 1, clock: { now: () => now, sleep: async () => undefined } });
    bucket.schedule();
    now = 0;
    expect(bucket.schedule()).toBe(0);
  });

  it.each([[{ perSecond: 0, capacity: 1 }, '`perSecond` must be above 0, got: 0'], [{ perSecond: 1, capacity: 0.5 }, '`capacity` must be a whole number of at least 1, got: 0.5']])(
    'refuses %j', (options, message) => {
      expect(() => new LeakyBucket(options)).toThrow(message);
    },
  );
});
