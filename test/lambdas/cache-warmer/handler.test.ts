import { type CacheWarmerOptions, type CacheWarmerPorts, createCacheWarmerHandler, type WarmUp } from '../../../lambdas/cache-warmer/handler';
import { AwsConnectionError } from '../../../lambdas/runtime/aws/errors';
import { decodeProfile, type Profile } from '../../../lambdas/runtime/profile/profile';
import { RetryPolicy } from '../../../lambdas/runtime/retry/retry';
import { FakeCache } from '../runtime/cache/fake-cache';
import { ManualClock } from '../runtime/support/manual-clock';
import { RecordedMetrics, recordedLogger } from '../runtime/support/silent';

let clock: ManualClock;
let cache: FakeCache;
let isReachable: boolean;
let profiles: Map<string, Profile>;
let hottest: string[];
let metrics: RecordedMetrics;
let readings: number;
let failures: Error[];
/** Happens with each reading. */
let during: () => void;

beforeEach(() => {
  clock = new ManualClock();
  cache = new FakeCache(() => clock.now());
  isReachable = true;
  profiles = new Map<string, Profile>([['rules#payments', { version: 1 }]]);
  for (let index = 0; index < 250; index++) {
    profiles.set(`merchant#m-${index}`, { category: String(index).padStart(4, '0') });
  }
  hottest = [];
  metrics = new RecordedMetrics();
  readings = 0;
  failures = [];
  during = () => undefined;
});

function warm(options: Partial<CacheWarmerOptions> = {}, remaining = 60_000): Promise<WarmUp> {
  const read = <Result>(result: () => Result) => async (): Promise<Result> => {
    readings++;
    during();
    const failure = failures.shift();
    if (failure !== undefined) {
      throw failure;
    }
    return result();
  };
  const table: CacheWarmerPorts['table'] = {
    hottestMerchants: read(() => hottest),
    read: (keys) => read(() => ({ profiles: new Map(keys.map((key) => [key, profiles.get(key) ?? null])), unprocessed: [] }))(),
    scan: (prefix, segment, segments, from) => read(() => {
      const keys = [...profiles.keys()].filter((key, index) => key.startsWith(prefix) && index % segments === segment);
      const start = from === undefined ? 0 : Number(from.at.N);
      const page = keys.slice(start, start + 20);
      return {
        profiles: new Map(page.map((key) => [key, profiles.get(key)!])),
        ...(start + 20 < keys.length ? { next: { at: { N: String(start + 20) } } } : undefined),
      };
    })(),
  };
  const handler = createCacheWarmerHandler({
    table,
    connect: () => Object.assign(cache, { untilConnected: async () => isReachable }),
    metrics,
    logger: recordedLogger().logger,
    clock,
    random: () => 0,
    retry: new RetryPolicy({ clock }),
  }, { cachePrefix: 'profile:5:', ...options });
  return handler({}, { getRemainingTimeInMillis: () => remaining });
}

describe('the cache warmer', () => {
  it('puts the rules and the hottest merchants into the cache', async () => {
    hottest = ['m-7', 'm-3', 'gone'];
    expect(await warm()).toEqual({ warmed: 3, left: 0 });
    expect([...cache.texts.keys()].sort()).toEqual(['profile:5:merchant#m-3', 'profile:5:merchant#m-7', 'profile:5:rules#payments']);
    expect(decodeProfile(cache.texts.get('profile:5:merchant#m-7')!)).toEqual({ profile: { category: '0007' }, readAt: clock.now() });
    expect(cache.lifetimes.get('profile:5:merchant#m-7')).toBe(93_600_000);
    expect(cache.isClosed).toBe(true);
    expect(metrics.counts).toEqual({ ProfilesWarmed: 3 });
    expect([metrics.values.WarmUpDuration?.length, metrics.flushes]).toEqual([1, 1]);
  });

  it('takes no more merchants than it may, the hottest first', async () => {
    hottest = Array.from({ length: 250 }, (_, index) => `m-${249 - index}`);
    expect(await warm({ maximumMerchants: 120 })).toEqual({ warmed: 121, left: 0 });
    expect(cache.texts.has('profile:5:merchant#m-130')).toBe(true);
    expect(cache.texts.has('profile:5:merchant#m-129')).toBe(false);
  });

  it('scans for merchants where nobody has written down which are hot', async () => {
    expect(await warm()).toEqual({ warmed: 251, left: 0 });
    expect(cache.texts.size).toBe(251);
  });

  it('scans no further than it may', async () => {
    const { warmed } = await warm({ maximumMerchants: 60, segments: 2 });
    expect(warmed).toBeGreaterThanOrEqual(60);
    expect(warmed).toBeLessThanOrEqual(61 + 2 * 20);
    expect(readings).toBeLessThan(8);
  });

  it('does the same again, and no harm', async () => {
    hottest = ['m-1'];
    await warm();
    const before = new Map(cache.texts);
    await warm();
    expect(cache.texts).toEqual(before);
  });

  it('leaves the rest when its time is over', async () => {
    hottest = Array.from({ length: 250 }, (_, index) => `m-${index}`);
    during = () => { clock.time += 3_000; };
    const { warmed, left } = await warm({}, 12_000);
    expect(warmed).toBeGreaterThan(0);
    expect(left).toBeGreaterThan(0);
    expect(warmed + left).toBe(251);
    expect(metrics.counts.ProfilesNotWarmed).toBe(left);
  });

  it('fails when there is no cache, or the table does not answer, so that somebody hears of it', async () => {
    isReachable = false;
    await expect(warm()).rejects.toThrow('the cache cannot be reached');
    expect([cache.isClosed, readings, metrics.flushes]).toEqual([true, 0, 1]);
    isReachable = true;
    failures = Array.from({ length: 20 }, () => new AwsConnectionError('down'));
    await expect(warm()).rejects.toThrow('down');
  });

  it('gets over a failure that passes', async () => {
    hottest = ['m-1'];
    failures = [new AwsConnectionError('lost'), new AwsConnectionError('lost')];
    expect(await warm()).toEqual({ warmed: 2, left: 0 });
  });

  it('counts what the cache did not take', async () => {
    hottest = ['m-1'];
    cache.isDown = true;
    expect(await warm()).toEqual({ warmed: 0, left: 2 });
    expect(metrics.counts).toEqual({ ProfilesNotWarmed: 2 });
  });
});
