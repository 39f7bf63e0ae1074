import { LeasedTokenBuckets } from '../../../../lambdas/runtime/cache/leased-token-buckets';
import { FakeCache } from './fake-cache';

let now: number;
let cache: FakeCache;
let alone: number;

beforeEach(() => {
  now = 1_700_000_000_000;
  cache = new FakeCache(() => now);
  alone = 0;
});

const limiter = (processes?: number): LeasedTokenBuckets => new LeasedTokenBuckets({
  cache, clock: { now: () => now }, processes, onAlone: () => { alone++; },
});

describe('LeasedTokenBuckets', () => {
  it('holds a client to its limit at all processes together', async () => {
    const tasks = Array.from({ length: 5 }, () => limiter());
    let taken = 0;
    const begin = now;
    for (let step = 0; now < begin + 20_000; now += 5, step++) {
      taken += await tasks[step % 5].take('a', 3, 200) === 0 ? 3 : 0;
    }
    expect(taken).toBeGreaterThanOrEqual(0.97 * 20 * 200);
    expect(taken).toBeLessThanOrEqual(20 * 200 + 200 + 5 * 13);
  });

  it('holds it so whatever its batches, and wherever it posts them', async () => {
    const tasks = Array.from({ length: 4 }, () => limiter());
    let taken = 0;
    const begin = now;
    for (let step = 0; now < begin + 100_000; now += 50, step++) {
      taken += await tasks[step % 4].take('a', 500, 100) === 0 ? 500 : 0;
    }
    expect(taken).toBeGreaterThanOrEqual(100 * 100 - 500);
    expect(taken).toBeLessThanOrEqual(100 * 100 + 100 + 500);
  });

  it('asks the cache seldom', async () => {
    const task = limiter();
    for (let payments = 0; payments < 5_000; payments++) {
      now += 1;
      expect(await task.take('a', 1, 1_000)).toBe(0);
    }
    expect(cache.leases).toBeLessThan(300);
  });

  it('answers at once while there are leased tokens, and leases ahead', async () => {
    const task = limiter();
    await task.take('a', 1, 1_000);
    let waits = 0;
    for (let payments = 0; payments < 500; payments++) {
      now += 2;
      const answer = task.take('a', 1, 1_000);
      waits += typeof answer === 'number' ? 0 : 1;
      await answer;
      await new Promise((resolve) => { setImmediate(resolve); });
    }
    expect(waits).toBe(0);
  });

  it('tells after how many milliseconds there is something left, and does not ask again before', async () => {
    const task = limiter();
    expect(await task.take('a', 50, 10)).toBe(0);
    const wait = await task.take('a', 1, 10);
    expect(wait).toBe(4_001);
    const asked = cache.leases;
    now += 500;
    expect(task.take('a', 1, 10)).toBe(500);
    expect(cache.leases).toBe(asked);
    now += wait;
    expect(await task.take('a', 1, 10)).toBe(0);
  });

  it('serves requests that come at once with one lease', async () => {
    const task = limiter();
    expect(await Promise.all(Array.from({ length: 20 }, () => task.take('a', 2, 1_000)))).toEqual(Array.from({ length: 20 }, () => 0));
    expect(cache.leases).toBeLessThanOrEqual(2);
  });

  it('keeps clients apart', async () => {
    const task = limiter();
    await task.take('a', 500, 10);
    expect(await task.take('a', 1, 10)).toBeGreaterThan(0);
    expect(await task.take('b', 1, 10)).toBe(0);
  });

  it('forgets what it leased and did not spend', async () => {
    const idle = limiter();
    const busy = limiter();
    await idle.take('a', 1, 100);
    now += 60_000;
    const leases = cache.leases;
    await idle.take('a', 1, 100);
    expect(cache.leases).toBe(leases + 1);
    expect(await busy.take('a', 1, 100)).toBe(0);
  });

  it('goes by its own share while the cache is down, without asking it every time, and by the whole again after', async () => {
    cache.isDown = true;
    const task = limiter(4);
    let taken = 0;
    for (const end = now + 10_000; now < end; now += 5) {
      taken += await task.take('a', 1, 100) === 0 ? 1 : 0;
    }
    expect(taken).toBeGreaterThanOrEqual(250);
    expect(taken).toBeLessThanOrEqual(250 + 25 + 1);
    expect(cache.leases).toBeLessThan(150);
    expect(alone).toBe(2_000);
    cache.isDown = false;
    taken = 0;
    now += 1_000;
    for (const end = now + 10_000; now < end; now += 5) {
      taken += await task.take('a', 1, 100) === 0 ? 1 : 0;
    }
    expect(taken).toBeGreaterThanOrEqual(990);
    expect(taken).toBeLessThanOrEqual(1_000 + 100 + 6);
  });

  it('leaves nobody waiting when the cache goes down in between', async () => {
    const task = limiter();
    let release = (): void => undefined;
    cache.delay = () => new Promise((resolve) => { release = resolve; });
    const answers = [task.take('a', 1, 100), task.take('a', 1, 100)];
    cache.isDown = true;
    release();
    cache.delay = async () => undefined;
    expect(await Promise.all(answers)).toEqual([0, 0]);
  });
});
