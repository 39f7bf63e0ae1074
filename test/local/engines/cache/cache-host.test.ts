import * as fs from 'node:fs';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import type { CacheEngine } from '../../../../local/engines/cache/cache-engine';
import { CacheHost } from '../../../../local/engines/cache';
import { findRedis } from '../../../../local/engines/cache/redis-program';
import { localCacheVariables } from '../../../../local/plan/cache-plan';

async function isListening(endpoint: string): Promise<boolean> {
  const [host, port] = endpoint.split(':');
  return new Promise((resolve) => {
    const socket = net.connect(Number(port), host);
    socket.on('connect', () => { socket.destroy(); resolve(true); });
    socket.on('error', () => resolve(false));
  });
}

describe('CacheHost', () => {
  it('serves by itself where there is no Redis, and says so', async () => {
    const host = await CacheHost.start('/nowhere');
    expect(host.title).toBe('in-memory cache of this kit (no redis-server or valkey-server on the PATH)');
    expect(await isListening(host.endpoint)).toBe(true);
    await host.close();
    expect(await isListening(host.endpoint)).toBe(false);
  });

  it('is killed once at a time, and is there again after a while', async () => {
    const host = await CacheHost.start('/nowhere');
    expect(await Promise.all([host.kill(0.2), host.kill(0.2)])).toEqual([1, 0]);
    expect([host.kills, await isListening(host.endpoint)]).toEqual([1, false]);
    await host.untilThere();
    expect(await isListening(host.endpoint)).toBe(true);
    expect(await host.kill(60)).toBe(1);
    await host.close();
    expect([host.kills, await isListening(host.endpoint)]).toEqual([2, false]);
  });

  it('tries another port where one is taken, and gives up on an engine that never starts', async () => {
    let attempts = 0;
    const engine: CacheEngine = {
      title: 'x',
      start: async () => {
        attempts++;
        if (attempts < 3) {
          throw new Error('the port is taken');
        }
      },
      kill: async () => undefined,
    };
    await (await CacheHost.startEngine(engine)).close();
    expect(attempts).toBe(3);
    await expect(CacheHost.startEngine({ ...engine, start: () => Promise.reject(new Error('never')) })).rejects.toThrow('never');
  });
});

describe('findRedis', () => {
  it('finds a program on the path that says what it is', () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'redis-'));
    try {
      const program = path.join(folder, 'redis-server');
      fs.writeFileSync(program, '#!/bin/sh\necho "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=0"\n', { mode: 0o755 });
      expect(findRedis(`/nowhere${path.delimiter}${folder}`)).toEqual({ file: program, title: 'redis 7.0.15' });
      fs.writeFileSync(path.join(folder, 'valkey-server'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
      expect(findRedis(folder)?.title).toBe('redis 7.0.15');
      expect(findRedis('/nowhere')).toBeUndefined();
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });
});

describe('the variables of a client', () => {
  const local = new Map([['Data-Cache', '127.0.0.1:7000'], ['other', '127.0.0.1:7001']]);
  const plain = { CACHE_MODE: 'cluster', CACHE_TLS: 'false', CACHE_USER: '', CACHE_NAME: '' };

  it('lead to the cache of this run', () => {
    const environment = { CACHE_ENDPOINTS: 'clustercfg.data-cache.cache.eu-west-1.amazonaws.com:6379', CACHE_TLS: 'true', CACHE_USER: 'app' };
    expect(localCacheVariables(environment, local)).toEqual({ ...plain, CACHE_ENDPOINTS: '127.0.0.1:7000' });
  });

  it('are left alone without a cache of the template', () => {
    expect(localCacheVariables({}, local)).toEqual({});
    expect(localCacheVariables({ CACHE_ENDPOINTS: 'cache.example:6379' }, local)).toEqual({});
  });
});
