import { cacheFromEnvironment } from '../../../../lambdas/runtime/cache/cache-from-environment';
import { Environment } from '../../../../lambdas/runtime/configuration/environment';
import { CacheHost } from '../../../../local/engines/cache';
import { MemoryCacheServer } from '../../../../local/engines/cache/memory-cache-server';

describe('cacheFromEnvironment', () => {
  it('makes nothing without endpoints', () => {
    expect(cacheFromEnvironment(new Environment({}))).toBeUndefined();
    expect(cacheFromEnvironment(new Environment({ CACHE_ENDPOINTS: '' }))).toBeUndefined();
  });

  it.each([
    [{ CACHE_ENDPOINTS: 'a:b' }, 'CACHE_ENDPOINTS must be a comma-separated list of host:port, got: a:b'],
    [{ CACHE_ENDPOINTS: 'a:1', CACHE_TLS: 'yes' }, 'CACHE_TLS must be one of true, false, got: yes'],
    [{ CACHE_ENDPOINTS: 'a:1', CACHE_MODE: 'x' }, 'CACHE_MODE must be one of cluster, single, got: x'],
    [{ CACHE_ENDPOINTS: 'a:1', CACHE_TIMEOUT_MILLISECONDS: '0' }, 'CACHE_TIMEOUT_MILLISECONDS must be a whole number between 1 and 10000, got: 0'],
    [{ CACHE_ENDPOINTS: 'a:1', CACHE_USER: 'app' }, 'CACHE_NAME must be set'],
  ])('refuses %j', (variables, message) => {
    expect(() => cacheFromEnvironment(new Environment(variables))).toThrow(message);
  });

  it('makes a cache that answers', async () => {
    const host = await CacheHost.startEngine(new MemoryCacheServer());
    const cache = cacheFromEnvironment(new Environment({ CACHE_ENDPOINTS: host.endpoint, CACHE_TLS: 'false', CACHE_TIMEOUT_MILLISECONDS: '5000' }))!;
    expect(await cache.untilConnected(10_000)).toBe(true);
    for (let reading = await cache.read(['a']); reading.unanswered > 0; reading = await cache.read(['a'])) {
      await new Promise((resolve) => { setTimeout(resolve, 20); });
    }
    expect(await cache.write([{ key: 'a', value: '1', lifetimeMilliseconds: 60_000 }])).toBe(1);
    cache.close();
    await host.close();
  });
});
