import { MerchantMap, MerchantPlaces } from '../../../../lambdas/runtime/ledger/merchant-map';

describe('MerchantPlaces', () => {
  it('goes by what it knows while a directory that is old does not answer, and by the new one when it does', async () => {
    let now = 0;
    const waiting: { resolve: (map: MerchantMap) => void; reject: (error: Error) => void }[] = [];
    const places = new MerchantPlaces({
      source: { read: () => new Promise((resolve, reject) => { waiting.push({ resolve, reject }); }) },
      ageMilliseconds: 10,
      clock: { now: () => now },
    });
    const first = places.current();
    waiting.shift()!.resolve(new MerchantMap(1, ['a']));
    expect((await first).version).toBe(1);
    now = 10;
    // Nobody waits, and one asks.
    expect(await Promise.all([places.current(), places.current()])).toMatchObject([{ version: 1 }, { version: 1 }]);
    expect(waiting).toHaveLength(1);
    waiting.shift()!.reject(new Error('down'));
    await new Promise(setImmediate);
    expect((await places.current()).version).toBe(1);
    expect(waiting).toEqual([]);
    now = 20;
    await places.current();
    waiting.shift()!.resolve(new MerchantMap(2, ['a', 'b']));
    await new Promise(setImmediate);
    expect((await places.current()).version).toBe(2);
  });
});
