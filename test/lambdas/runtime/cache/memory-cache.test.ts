import fc from 'fast-check';
import { Lifetimes, MemoryCache, type MemoryCacheOptions } from '../../../../lambdas/runtime/cache/memory-cache';
import { ManualClock } from '../support/manual-clock';

describe('Lifetimes', () => {
  it('are shorter by up to the jitter, and shorter for what does not exist', () => {
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    const jitters = fc.double({ min: 0, max: 0.9, noNaN: true });
    fc.assert(fc.property(fc.integer({ min: 100, max: 1e6 }), jitters, random, (lifetimeMilliseconds, jitter, chance) => {
      const lifetimes = new Lifetimes({ lifetimeMilliseconds, jitter, random: () => chance });
      const [present, absent] = [lifetimes.of('x'), lifetimes.of(null)];
      expect(present).toBe(Math.max(1, Math.round(lifetimeMilliseconds * (1 - jitter * chance))));
      expect(absent).toBe(Math.max(1, Math.round((lifetimeMilliseconds / 5) * (1 - jitter * chance))));
    }));
  });

  it('spread what was read together over a fifth of the time', () => {
    const lifetimes = new Lifetimes({ lifetimeMilliseconds: 10_000 });
    const all = Array.from({ length: 500 }, () => lifetimes.of('x'));
    expect(Math.min(...all)).toBeGreaterThanOrEqual(8_000);
    expect(Math.max(...all)).toBeLessThanOrEqual(10_000);
    expect(Math.max(...all) - Math.min(...all)).toBeGreaterThan(1_500);
  });
});

describe('MemoryCache', () => {
  let clock: ManualClock;
  beforeEach(() => { clock = new ManualClock(); });

  const memory = (options: Partial<MemoryCacheOptions> = {}): MemoryCache<string> => new MemoryCache({
    lifetimeMilliseconds: 1_000, jitter: 0, clock, ...options,
  });

  it('says when a value is to be read again behind the scenes, when before anybody is answered, and when it is gone', () => {
    const cache = memory({ refreshAfter: 0.75, staleWhileRefreshMilliseconds: 500, staleIfErrorMilliseconds: 2_000 });
    cache.set('a', 'x');
    const begin = clock.now();
    expect(cache.get('a')).toEqual({ value: 'x', refreshAt: begin + 750, staleAt: begin + 1_500, uselessAt: begin + 3_500 });
    clock.time += 3_499;
    expect(cache.get('a')?.value).toBe('x');
    clock.time += 1;
    expect(cache.get('a')).toBeUndefined();
  });

  it('remembers that there is nothing', () => {
    const cache = memory();
    cache.set('a', null);
    expect(cache.get('a')?.value).toBeNull();
    clock.time += 200;
    expect(cache.get('a')).toBeUndefined();
  });

  it('puts off what could not be read again, and nothing that is fresh', () => {
    const cache = memory({ staleIfErrorMilliseconds: 1_500 });
    cache.set('a', 'x');
    const before = cache.get('a');
    cache.putOff('a', 1_000);
    expect(cache.get('a')).toBe(before);
    clock.time += 1_000;
    cache.putOff('a', 1_000);
    expect(cache.get('a')).toMatchObject({ refreshAt: clock.now() + 1_000, staleAt: clock.now() + 1_000, uselessAt: clock.now() + 1_500 });
    clock.time += 1_000;
    cache.putOff('a', 1_000);
    expect(cache.get('a')?.staleAt).toBe(clock.now() + 500);
  });

  it('keeps each kind, whatever number of another comes', () => {
    const cache = memory({ capacity: 2, kindOf: (key) => key.charCodeAt(0) });
    cache.set('a1', 'x');
    for (let index = 0; index < 20; index++) {
      cache.set(`b${index}`, 'y');
    }
    expect([cache.get('a1')?.value, cache.get('b0'), cache.get('b19')?.value]).toEqual(['x', undefined, 'y']);
    cache.delete('a1');
    expect(cache.get('a1')).toBeUndefined();
  });

  it.each<[Partial<MemoryCacheOptions>, string]>([
    [{ lifetimeMilliseconds: 0 }, '`lifetimeMilliseconds` must be above 0, got: 0'], [{ refreshAfter: 0 }, '`refreshAfter` must be above 0 and at most 1, got: 0'],
    [{ jitter: 1 }, '`jitter` must be between 0 and 0.9, got: 1'], [{ capacity: 0 }, '`capacity` must be a whole number of at least 1, got: 0'],
  ])('refuses %j', (options, message) => {
    expect(() => memory(options)).toThrow(message);
  });
});
