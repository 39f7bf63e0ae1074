import fc from 'fast-check';
import { CacheAside, type CacheAsideOptions, TooManyLoadsError } from '../../../../lambdas/runtime/cache/cache-aside';
import { settled } from '../producer/manual-clock';
import { ManualClock } from '../support/manual-clock';

/** A store whose readings take as long as a test wants, and bring what it held when they began. */
class Store {
  public readonly values = new Map<string, string>();
  public readonly readings: { readonly key: string; readonly end: (error?: Error) => void }[] = [];

  public readonly load = (key: string): Promise<string | null> => {
    const value = this.values.get(key) ?? null;
    return new Promise((resolve, reject) => {
      this.readings.push({ key, end: (error) => (error === undefined ? resolve(value) : reject(error)) });
    });
  };

  /** Ends all readings. */
  public async answer(error?: Error): Promise<void> {
    this.readings.forEach(({ end }) => end(error));
    await settled();
  }
}

let clock: ManualClock;
let store: Store;

beforeEach(() => {
  clock = new ManualClock();
  store = new Store();
  store.values.set('a', '1');
});

function cache(options: Partial<CacheAsideOptions<string>> = {}): CacheAside<string> {
  return new CacheAside({ load: store.load, lifetimeMilliseconds: 1_000, jitter: 0, clock, ...options });
}

describe('CacheAside', () => {
  it('loads once however many ask at once, and answers without a promise from then on', async () => {
    const given = cache();
    const answers = Array.from({ length: 1_000 }, () => given.get('a'));
    await store.answer();
    expect(new Set(await Promise.all(answers))).toEqual(new Set(['1']));
    expect([store.readings.length, given.get('a')]).toEqual([1, '1']);
  });

  it('remembers that there is nothing, for a shorter time', async () => {
    const given = cache();
    const first = given.get('b');
    await store.answer();
    expect([await first, given.get('b')]).toEqual([null, null]);
    clock.time += 200;
    store.values.set('b', '2');
    const again = given.get('b');
    await store.answer();
    expect([await again, store.readings.length]).toEqual(['2', 2]);
  });

  it('never brings back what an invalidation took away, or a write replaced, whatever the order of things', async () => {
    const step = fc.constantFrom('get', 'get', 'write', 'put', 'end', 'age');
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.double({ min: 0.1, max: 1, noNaN: true }), async (steps, refreshAfter) => {
      store = new Store();
      const given = cache({ refreshAfter, staleIfErrorMilliseconds: 500 });
      let version = 0;
      store.values.set('a', '0');
      const answers: Promise<void>[] = [];
      for (const kind of steps) {
        if (kind === 'get') {
          const least = version;
          const answer = given.get('a');
          // Who asks after a change was made known never sees what was before it.
          answers.push(Promise.resolve(answer).then((value) => { expect(Number(value)).toBeGreaterThanOrEqual(least); }));
        } else if (kind === 'write' || kind === 'put') {
          store.values.set('a', String(++version));
          if (kind === 'put') {
            given.put('a', String(version));
          } else {
            given.invalidate('a');
          }
        } else if (kind === 'end') {
          store.readings.shift()?.end();
          await settled();
        } else {
          clock.time += 300;
        }
      }
      for (let turn = 0; turn < 5; turn++) {
        await store.answer();
      }
      await Promise.all(answers);
      const last = given.get('a');
      await store.answer();
      expect(await last).toBe(String(version));
    }), { numRuns: 200 });
  });

  it('reads a value again before it is old, behind the scenes and once', async () => {
    const given = cache({ refreshAfter: 0.8 });
    given.get('a');
    await store.answer();
    store.values.set('a', '2');
    clock.time += 799;
    given.get('a');
    expect(store.readings).toHaveLength(1);
    clock.time += 1;
    expect([given.get('a'), given.get('a')]).toEqual(['1', '1']);
    expect(store.readings).toHaveLength(2);
    await store.answer();
    expect(given.get('a')).toBe('2');
  });

  it('lets a value stand in that cannot be loaded, asks no more than once a second, and gives up in the end', async () => {
    const errors: unknown[] = [];
    const down = new Error('down');
    const given = cache({ staleIfErrorMilliseconds: 1_500, onError: (error) => errors.push(error) });
    given.get('a');
    await store.answer();
    clock.time += 1_000;
    const standsIn = given.get('a');
    await store.answer(down);
    expect([await standsIn, given.get('a'), store.readings.length, errors]).toEqual(['1', '1', 2, [down]]);
    clock.time += 1_500;
    const gone = expect(given.get('a')).rejects.toBe(down);
    await store.answer(down);
    await gone;
    expect(errors).toHaveLength(1);
  });

  it('makes no more loads at once than it may, and lets others join them', async () => {
    const given = cache({ maximumLoads: 2 });
    const answers = [given.get('a'), given.get('b'), given.get('a')];
    expect(() => given.get('c')).toThrow(TooManyLoadsError);
    await store.answer();
    expect(await Promise.all(answers)).toEqual(['1', null, '1']);
    void given.get('c');
  });
});
