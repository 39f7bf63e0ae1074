import fc from 'fast-check';
import { FencedEntries } from '../../../../lambdas/runtime/cache/fenced-entries';
import { FakeCache } from './fake-cache';

describe('FencedEntries', () => {
  const make = (): { readonly cache: FakeCache; readonly entries: FencedEntries } => {
    const cache = new FakeCache();
    return { cache, entries: new FencedEntries({ cache, fenceMilliseconds: 10_000 }) };
  };

  it('give back what was put in, whatever it is', async () => {
    await fc.assert(fc.asyncProperty(fc.string(), fc.option(fc.nat(), { nil: undefined }), async (text, version) => {
      const { cache, entries } = make();
      expect(await entries.fill('k', text, 1_000, 0, version)).toBe(true);
      expect(entries.textOf(cache.texts.get('k')!)).toBe(text);
    }), { numRuns: 100 });
  });

  it('keep everything out while a fence stands', async () => {
    const { cache, entries } = make();
    await entries.fill('k', 'old', 1_000, 0);
    expect(await entries.fence('k')).toBe(true);
    expect([entries.textOf(cache.texts.get('k')!), cache.lifetimes.get('k')]).toEqual([undefined, 10_000]);
    expect(await entries.fill('k', 'old', 1_000, 100)).toBe(false);
  });

  it('end with the newest version, whatever the order', async () => {
    const versions = fc.array(fc.record({ version: fc.nat(20), isFence: fc.boolean() }), { minLength: 1, maxLength: 20 });
    await fc.assert(fc.asyncProperty(versions, async (steps) => {
      const { cache, entries } = make();
      let expected: { version: number; text: string | undefined } = { version: -1, text: undefined };
      for (const { version, isFence } of steps) {
        const taken = isFence ? await entries.fence('k', version) : await entries.fill('k', `v${version}`, 1_000, 1e9, version);
        expect(taken).toBe(version >= expected.version);
        if (taken) {
          expected = { version, text: isFence ? undefined : `v${version}` };
        }
      }
      expect(entries.textOf(cache.texts.get('k')!)).toBe(expected.text);
    }), { numRuns: 200 });
  });

  it('are left alone by a load that took half as long as a fence stands', async () => {
    const { entries } = make();
    expect([await entries.fill('k', 'x', 1_000, 5_001), await entries.fill('k', 'x', 1_000, 5_000)]).toEqual([false, true]);
  });

  it('say so when the cache does not answer', async () => {
    const { cache, entries } = make();
    cache.isDown = true;
    expect([await entries.fill('k', 'x', 1_000, 0), await entries.fence('k')]).toEqual([false, false]);
  });

  it.each(['', 'text', '{"a":1}', '!', '=x '])('take %j for no entry', (text) => {
    expect(make().entries.textOf(text)).toBeUndefined();
  });

  it('stand for whole milliseconds', () => {
    expect(() => new FencedEntries({ cache: new FakeCache(), fenceMilliseconds: 0.5 })).toThrow('`fenceMilliseconds` must be a whole number of at least 1, got: 0.5');
  });
});
