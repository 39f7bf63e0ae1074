import fc from 'fast-check';
import { LeasedLeakyBucket, type LeasedLeakyBucketOptions } from '../../../../lambdas/runtime/cache/leased-leaky-bucket';
import { leaseSlots } from '../../../../lambdas/runtime/cache/slot-lease';
import { FakeCache } from './fake-cache';

let now: number;
let cache: FakeCache;

beforeEach(() => {
  now = 1_700_000_000_000;
  cache = new FakeCache(() => now);
});

const bucket = (options: Partial<LeasedLeakyBucketOptions> = {}): LeasedLeakyBucket => new LeasedLeakyBucket({
  cache, key: 'partner', perSecond: 100, capacity: 10, clock: { now: () => now, sleep: async () => undefined }, ...options,
});

describe('LeasedLeakyBucket', () => {
  it('lets calls of all processes together leave evenly, and no more of them wait than the bucket holds', async () => {
    const pauses = fc.array(fc.record({ pause: fc.nat(30), process: fc.nat(2) }), { minLength: 1, maxLength: 100 });
    await fc.assert(fc.asyncProperty(fc.constantFrom(20, 100, 400), fc.integer({ min: 1, max: 12 }), pauses, async (perSecond, capacity, steps) => {
      cache = new FakeCache(() => now);
      const interval = 1_000 / perSecond;
      const processes = [0, 1, 2].map(() => bucket({ perSecond, capacity }));
      const leaves: number[] = [];
      for (const { pause, process } of steps) {
        now += pause;
        const wait = await processes[process].schedule();
        if (wait !== undefined) {
          leaves.push(now + wait);
          // A wait is rounded up to the millisecond once a lease.
          expect(wait).toBeLessThanOrEqual((capacity - 1) * interval + 1);
        }
      }
      leaves.sort((a, b) => a - b);
      leaves.forEach((first, index) => {
        for (let more = 1; more < 20 && index + more < leaves.length; more++) {
          // One may be up to an interval late, and be followed at once by the next.
          expect(leaves[index + more] - first).toBeGreaterThanOrEqual((more - 1) * interval - 1 - 1e-6);
        }
      });
    }), { numRuns: 100 });
  });

  it('lets as much leave as it may when enough comes, and asks the cache seldom', async () => {
    const processes = [0, 1, 2, 3].map(() => bucket({ perSecond: 200, capacity: 100 }));
    let left = 0;
    for (let step = 0; step < 20_000; step++) {
      now += 1;
      left += await processes[step % 4].schedule() === undefined ? 0 : 1;
    }
    expect(left).toBeGreaterThanOrEqual(0.95 * 4_000);
    expect(left).toBeLessThanOrEqual(4_000 + 100);
    expect(cache.leases).toBeLessThan(2_500);
  });

  it('makes nothing up that it did not use', async () => {
    const given = bucket({ perSecond: 100, capacity: 100 });
    await given.schedule();
    now += 10_000;
    const waits = await Promise.all(Array.from({ length: 20 }, () => given.schedule()));
    expect(waits.map((wait, index) => wait! - index * 10).every((late) => Math.abs(late) <= 1)).toBe(true);
  });

  it('goes by its own share while the cache is down', async () => {
    cache.isDown = true;
    let alone = 0;
    const given = bucket({ perSecond: 100, capacity: 8, processes: 4, onAlone: () => { alone++; } });
    const waits = [await given.schedule(), await given.schedule(), await given.schedule()];
    expect([waits, alone]).toEqual([[0, 40, undefined], 3]);
    expect(cache.leases).toBe(1);
    cache.isDown = false;
    now += 100;
    expect(await given.schedule()).toBe(0);
    expect(alone).toBe(3);
  });

  it('is full for a while when the cache says so, without asking again', async () => {
    const [busy, late] = [bucket({ capacity: 1 }), bucket({ capacity: 1 })];
    expect([await busy.schedule(), await late.schedule(), cache.leases]).toEqual([0, undefined, 2]);
    now += 9;
    expect([await late.schedule(), cache.leases]).toEqual([undefined, 2]);
    now += 1;
    expect(await late.schedule()).toBe(0);
  });
});

describe('leaseSlots', () => {
  it('is told of an answer that is no lease', async () => {
    cache.run = async () => [];
    await expect(leaseSlots(cache, { key: 'a', perSecond: 1, capacity: 1, wanted: 1 })).rejects.toThrow('its answer is no lease');
  });
});
