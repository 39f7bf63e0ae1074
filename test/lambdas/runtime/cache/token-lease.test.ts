import { leaseTokens, LEASE_SCRIPT } from '../../../../lambdas/runtime/cache/token-lease';
import { LEASE_SCRIPT_MARK } from '../../../../local/engines/cache/token-lease';
import { FakeCache } from './fake-cache';

describe('leaseTokens', () => {
  it('never grants more than flows back in the long run, and once a full bucket', async () => {
    let now = 0;
    const cache = new FakeCache(() => now);
    let granted = 0;
    for (; now < 20_000; now += 7) {
      granted += (await leaseTokens(cache, { key: 'a', tokensPerSecond: 100, owed: 3, wanted: 10 })).granted;
    }
    expect(granted).toBeGreaterThanOrEqual(2_000);
    expect(granted).toBeLessThanOrEqual(2_000 + 100 + 3);
  });

  it('charges what is owed in full while anything is left, and tells when there is something again', async () => {
    let now = 0;
    const cache = new FakeCache(() => now);
    const lease = (owed: number) => leaseTokens(cache, { key: 'a', tokensPerSecond: 10, owed, wanted: 0 });
    expect(await lease(35)).toEqual({ granted: 35, waitMilliseconds: 0 });
    const { granted, waitMilliseconds } = await lease(1);
    expect([granted, waitMilliseconds]).toEqual([0, 2_501]);
    now = waitMilliseconds;
    expect((await lease(1)).granted).toBe(1);
  });

  it('takes nothing ahead that is not there', async () => {
    const cache = new FakeCache(() => 0);
    expect(await leaseTokens(cache, { key: 'a', tokensPerSecond: 10, owed: 4, wanted: 100 })).toEqual({ granted: 10, waitMilliseconds: 0 });
    expect((await leaseTokens(cache, { key: 'b', tokensPerSecond: 10, owed: 0, wanted: 3 })).granted).toBe(3);
  });

  it('keeps clients apart', async () => {
    const cache = new FakeCache(() => 0);
    await leaseTokens(cache, { key: 'a', tokensPerSecond: 1, owed: 50, wanted: 0 });
    expect((await leaseTokens(cache, { key: 'b', tokensPerSecond: 1, owed: 1, wanted: 0 })).granted).toBe(1);
  });

  it('is told of an answer that is no lease', async () => {
    const cache = new FakeCache();
    cache.run = async () => [];
    await expect(leaseTokens(cache, { key: 'a', tokensPerSecond: 1, owed: 1, wanted: 0 })).rejects.toThrow('its answer is no lease');
  });

  it('is done by a script that the local run knows', () => {
    expect(LEASE_SCRIPT.text.startsWith(LEASE_SCRIPT_MARK)).toBe(true);
  });
});
