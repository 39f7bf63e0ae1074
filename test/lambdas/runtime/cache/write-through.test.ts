import fc from 'fast-check';
import { CacheAside } from '../../../../lambdas/runtime/cache/cache-aside';
import { WriteThrough } from '../../../../lambdas/runtime/cache/write-through';
import { settled } from '../producer/manual-clock';

/** A store that answers when a test wants it to, in any order; what it was asked happens in the order of the asking, or not at all. */
class Store {
  public value: string | null = '0';
  public readonly calls: (() => void)[] = [];

  public read(): Promise<string | null> {
    const { value } = this;
    return new Promise((resolve) => { this.calls.push(() => resolve(value)); });
  }

  public write(value: string | null, fault: 'none' | 'refused' | 'lost'): Promise<string | null> {
    return new Promise((resolve, reject) => {
      this.calls.push(() => {
        if (fault !== 'refused') {
          this.value = value;
        }
        return fault === 'none' ? resolve(value) : reject(new Error(fault));
      });
    });
  }
}

describe('WriteThrough', () => {
  it('leaves in the cache what is in the store, whatever fails and whoever reads meanwhile', async () => {
    const step = fc.record({ kind: fc.constantFrom('get', 'put', 'answer', 'answer'), which: fc.nat(5), fault: fc.constantFrom('none' as const, 'none' as const, 'refused' as const, 'lost' as const) });
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const store = new Store();
      const faults = new Map<string, 'none' | 'refused' | 'lost'>();
      const cache = new CacheAside<string>({ load: () => store.read(), lifetimeMilliseconds: 1e9 });
      const writer = new WriteThrough<string>({ cache, write: (_key, value) => store.write(value, faults.get(value!)!) });
      let serial = 0;
      const puts: Promise<unknown>[] = [];
      for (const { kind, which, fault } of steps) {
        if (kind === 'get') {
          void cache.get('k');
        } else if (kind === 'put') {
          const value = String(++serial);
          faults.set(value, fault);
          puts.push(writer.put('k', value).then(() => expect(fault).toBe('none'), (error: Error) => expect(error.message).toBe(fault)));
        } else {
          store.calls.splice(which % Math.max(1, store.calls.length), 1).forEach((answer) => answer());
        }
        await settled();
      }
      while (store.calls.length > 0) {
        store.calls.shift()!();
        await settled();
      }
      await Promise.all(puts);
      const last = cache.get('k');
      store.calls.shift()?.();
      expect(await last).toBe(store.value);
    }), { numRuns: 200 });
  });

  it('writes one after the other, and shows a value no sooner than it is stored', async () => {
    const store = new Store();
    const cache = new CacheAside<string>({ load: () => store.read(), lifetimeMilliseconds: 1e9 });
    const writer = new WriteThrough<string>({ cache, write: (_key, value) => store.write(value, 'none') });
    cache.put('k', '0');
    const puts = [writer.put('k', '1'), writer.put('k', '2'), writer.put('k', null)];
    await settled();
    expect([store.calls.length, cache.get('k')]).toEqual([1, '0']);
    for (const expected of ['1', '2', null]) {
      store.calls.shift()!();
      await settled();
      expect(cache.get('k')).toBe(expected);
    }
    expect(await Promise.all(puts)).toEqual(['1', '2', null]);
  });
});
