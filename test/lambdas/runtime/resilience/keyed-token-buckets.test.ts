import { KeyedTokenBuckets } from '../../../../lambdas/runtime/resilience/keyed-token-buckets';

describe('KeyedTokenBuckets', () => {
  it('lets each client have its rate in the long run, whatever its batches', () => {
    let now = 0;
    const limiter = new KeyedTokenBuckets({ clock: { now: () => now } });
    let taken = 0;
    for (; now < 60_000; now += 10) {
      taken += limiter.take('a', 50, 100) === 0 ? 50 : 0;
    }
    expect(taken).toBeGreaterThanOrEqual(6_000);
    expect(taken).toBeLessThanOrEqual(6_000 + 100 + 50);
    expect(limiter.take('b', 1, 100)).toBe(0);
  });

  it('says after how many milliseconds there is something left again', () => {
    let now = 0;
    const limiter = new KeyedTokenBuckets({ clock: { now: () => now } });
    expect(limiter.take('a', 500, 10)).toBe(0);
    const wait = limiter.take('a', 1, 10);
    expect(wait).toBe(49_001);
    now = wait - 1;
    expect(limiter.take('a', 1, 10)).toBe(1);
    now = wait;
    expect(limiter.take('a', 1, 10)).toBe(0);
  });

  it('shares the limit of a client out among processes', () => {
    let now = 0;
    const limiter = new KeyedTokenBuckets({ processes: 4, clock: { now: () => now } });
    let taken = 0;
    for (; now < 60_000; now += 10) {
      taken += limiter.take('a', 1, 100) === 0 ? 1 : 0;
    }
    expect(taken).toBeGreaterThanOrEqual(1_500);
    expect(taken).toBeLessThanOrEqual(1_500 + 25 + 1);
  });

  it('goes by a limit that changes from then on', () => {
    let now = 0;
    const limiter = new KeyedTokenBuckets({ clock: { now: () => now } });
    expect(limiter.take('a', 100, 100)).toBe(0);
    now = 1_000;
    let taken = 0;
    for (; now < 11_000; now += 10) {
      taken += limiter.take('a', 1, 20) === 0 ? 1 : 0;
    }
    expect(taken).toBeGreaterThanOrEqual(200);
    expect(taken).toBeLessThanOrEqual(200 + 20 + 1);
  });
});
