import * as net from 'node:net';
import { Worker } from 'node:worker_threads';
import type { CacheScript } from '../../../../lambdas/runtime/cache/cache';
import { RedisCache, type RedisCacheOptions } from '../../../../lambdas/runtime/cache/redis-cache';
import { leaseTokens } from '../../../../lambdas/runtime/cache/token-lease';
import { CacheHost } from '../../../../local/engines/cache';
import { MemoryCacheServer } from '../../../../local/engines/cache/memory-cache-server';
import { CommandReader, encodeReply, type Reply } from '../../../../local/engines/cache/resp';
import { RecordedMetrics } from '../support/silent';

// Other work on this machine must not look like a slow cache, nor a wait like a failed test.
jest.setTimeout(30_000);
const PATIENT = 2_000;

const wait = (milliseconds: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, milliseconds); });

/** A server that answers as it is told, or not at all. */
class ScriptedServer {
  public readonly commands: string[][] = [];
  public answer: (words: readonly string[]) => Reply | undefined = () => ({ status: 'OK' });
  private readonly sockets = new Set<net.Socket>();
  private readonly server = net.createServer((socket) => {
    const reader = new CommandReader();
    this.sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      for (const words of reader.read(chunk)) {
        this.commands.push(words);
        const reply = this.answer(words);
        if (reply !== undefined) {
          socket.write(encodeReply(reply));
        }
      }
    });
  });

  public get endpoint(): { host: string; port: number } {
    return { host: '127.0.0.1', port: (this.server.address() as net.AddressInfo).port };
  }

  public async start(): Promise<this> {
    servers.push(this);
    await new Promise<void>((resolve) => { this.server.listen(0, '127.0.0.1', resolve); });
    return this;
  }

  public async stop(): Promise<void> {
    this.sockets.forEach((socket) => socket.destroy());
    await new Promise<void>((resolve) => { this.server.close(() => resolve()); });
  }
}

/** Answers `x` to every GET, on a thread of its own. */
const ANSWERING_THREAD = `
  const { parentPort } = require('node:worker_threads');
  const server = require('node:net').createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => socket.write((chunk.toString().match(/GET/g) ?? []).map(() => '$1\\r\\nx\\r\\n').join('')));
  });
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
`;

const servers: ScriptedServer[] = [];
const caches: RedisCache[] = [];
const errors: Error[] = [];
let metrics: RecordedMetrics;

async function connected(endpoint: { host: string; port: number }, options: Partial<RedisCacheOptions> = {}): Promise<RedisCache> {
  const cache = new RedisCache({
    endpoints: [endpoint], tls: false, budgetMilliseconds: PATIENT, metrics, onError: (error) => errors.push(error), ...options,
  });
  caches.push(cache);
  expect(await cache.untilConnected(10_000)).toBe(true);
  await until(async () => (await cache.read(['ready'])).unanswered === 0);
  return cache;
}

async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  for (const deadline = Date.now() + 20_000; !(await condition());) {
    if (Date.now() > deadline) {
      throw new Error('it did not come to that');
    }
    await wait(20);
  }
}

beforeEach(() => {
  metrics = new RecordedMetrics();
  errors.length = 0;
});
afterEach(async () => {
  caches.splice(0).forEach((cache) => cache.close());
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

describe('RedisCache on a cache that works', () => {
  let host: CacheHost;
  beforeAll(async () => { host = await CacheHost.startEngine(new MemoryCacheServer()); });
  afterAll(() => host.close());
  const endpoint = (): { host: string; port: number } => ({ host: '127.0.0.1', port: Number(host.endpoint.split(':')[1]) });

  it.each([['a cluster', true], ['a single server', false]])('reads what was written, on %s', async (_name, cluster) => {
    const cache = await connected(endpoint(), { cluster });
    const entries = Array.from({ length: 300 }, (_, index) => ({ key: `${cluster}-${index}`, value: `v-${index} é`, lifetimeMilliseconds: 60_000 }));
    expect(await cache.write(entries)).toBe(300);
    expect(await cache.read([...entries.map(({ key }) => key), 'absent'])).toEqual({
      values: [...entries.map(({ value }) => value), undefined], unanswered: 0,
    });
    expect(await cache.read([])).toEqual({ values: [], unanswered: 0 });
    expect(errors).toEqual([]);
  });

  it.each([['a cluster', true], ['a single server', false]])('is ready for %s as soon as it says that it is connected', async (_name, cluster) => {
    const cache = new RedisCache({ endpoints: [endpoint()], cluster, tls: false, budgetMilliseconds: PATIENT });
    caches.push(cache);
    expect(await cache.untilConnected(10_000)).toBe(true);
    expect(await cache.write([{ key: 'first', value: 'x', lifetimeMilliseconds: 60_000 }])).toBe(1);
  });

  it('forgets values when their time is over', async () => {
    const cache = await connected(endpoint());
    await cache.write([{ key: 'short', value: 'x', lifetimeMilliseconds: 30 }]);
    await until(async () => (await cache.read(['short'])).values[0] === undefined);
  });

  it('runs a script, also one that the cache does not know yet', async () => {
    const cache = await connected(endpoint());
    const request = { key: 'c', tokensPerSecond: 1_000, owed: 600, wanted: 0 };
    expect(await leaseTokens(cache, request)).toEqual({ granted: 600, waitMilliseconds: 0 });
    expect((await leaseTokens(cache, request)).granted).toBe(600);
    const third = await leaseTokens(cache, request);
    expect(third.granted).toBe(0);
    expect(third.waitMilliseconds).toBeGreaterThan(0);
  });

  it('tells of a script that fails', async () => {
    const cache = await connected(endpoint());
    const script: CacheScript = { text: 'return 1', sha1: '0'.repeat(40) };
    await expect(cache.run(script, 'k', [])).rejects.toThrow('the cache is unavailable');
    expect(errors.map(({ message }) => message)).toEqual([expect.stringContaining('runs no scripts')]);
  });
});

describe('RedisCache on a cache that fails', () => {
  it.each([['a cluster', true], ['a single server', false]])('asks nothing of %s that was never there, and connects when it is', async (_name, cluster) => {
    const scout = await CacheHost.startEngine(new MemoryCacheServer());
    const port = Number(scout.endpoint.split(':')[1]);
    await scout.close();
    const cache = new RedisCache({ endpoints: [{ host: '127.0.0.1', port }], cluster, tls: false, budgetMilliseconds: PATIENT, onError: (error) => errors.push(error) });
    caches.push(cache);
    expect(await cache.untilConnected(50)).toBe(false);
    const begin = Date.now();
    expect(await cache.read(['a', 'b'])).toEqual({ values: [undefined, undefined], unanswered: 2 });
    expect(await cache.write([{ key: 'a', value: 'x', lifetimeMilliseconds: 1 }])).toBe(0);
    await expect(cache.run({ text: '', sha1: '' }, 'k', [])).rejects.toThrow('there is no connection');
    expect(Date.now() - begin).toBeLessThan(PATIENT / 2);
    const engine = new MemoryCacheServer();
    await engine.start(port);
    await until(async () => (await cache.read(['a'])).unanswered === 0);
    expect(errors.length).toBeGreaterThan(0);
    await engine.kill();
  });

  it.each([['a cluster', true], ['a single server', false]])('goes on without %s that is killed, and with it when it is back, empty', async (_name, cluster) => {
    const host = await CacheHost.startEngine(new MemoryCacheServer());
    const cache = await connected({ host: '127.0.0.1', port: Number(host.endpoint.split(':')[1]) }, { cluster });
    await cache.write([{ key: 'a', value: 'x', lifetimeMilliseconds: 60_000 }]);
    expect((await cache.read(['a'])).values).toEqual(['x']);
    expect(await host.kill(0.3)).toBe(1);
    await until(async () => (await cache.read(['a'])).unanswered === 1);
    await until(async () => (await cache.read(['a'])).unanswered === 0);
    expect((await cache.read(['a'])).values).toEqual([undefined]);
    await host.close();
  });

  it('waits for nobody longer than its budget, leaves who does not answer alone, and comes back by itself', async () => {
    const server = await new ScriptedServer().start();
    let isMute = false;
    server.answer = (words) => (isMute ? undefined : words[0] === 'GET' ? 'x' : { status: 'OK' });
    const cache = await connected(server.endpoint, { cluster: false, budgetMilliseconds: 30 });
    isMute = true;
    for (let times = 0; times < 9; times++) {
      expect((await cache.read(['a', 'b'])).unanswered).toBe(2);
    }
    await until(async () => { await cache.read(['a']); return metrics.counts.CacheCircuitOpened === 1; });
    const asked = server.commands.length;
    const begin = Date.now();
    for (let times = 0; times < 100; times++) {
      expect((await cache.read(['a'])).unanswered).toBe(1);
    }
    // Left alone, but for a probe that may have fallen into this time.
    expect(server.commands.length - asked).toBeLessThan(5);
    expect(Date.now() - begin).toBeLessThan(1_000);
    isMute = false;
    await until(async () => (await cache.read(['a'])).values[0] === 'x');
    expect(metrics.counts.CacheCircuitClosed).toBe(1);
  });

  it('does not take its own lateness for that of the cache', async () => {
    const thread = new Worker(ANSWERING_THREAD, { eval: true });
    const port = await new Promise<number>((resolve) => { thread.once('message', resolve); });
    const cache = await connected({ host: '127.0.0.1', port }, { cluster: false, budgetMilliseconds: 20 });
    for (let times = 0; times < 20; times++) {
      const reading = cache.read(['a']);
      await new Promise((resolve) => { setImmediate(resolve); });
      // The answer arrives while this process is busy, and the timer is due when it is done.
      for (const end = Date.now() + 60; Date.now() < end;) { /* busy */ }
      expect(await reading).toEqual({ values: ['x'], unanswered: 0 });
    }
    cache.close();
    await thread.terminate();
  });

  it('is told of refusals, and counts them as no answer', async () => {
    const server = await new ScriptedServer().start();
    server.answer = (words) => (words[1] === 'bad' ? { error: 'LOADING the dataset is being loaded' } : words[0] === 'GET' ? null : { status: 'OK' });
    const cache = await connected(server.endpoint, { cluster: false });
    expect(await cache.read(['bad'])).toEqual({ values: [undefined], unanswered: 1 });
    expect(errors.map(({ message }) => message)).toEqual(['LOADING the dataset is being loaded']);
  });

  it('follows keys that have moved to another node', async () => {
    const old = await new ScriptedServer().start();
    const young = await new ScriptedServer().start();
    const slots = (server: ScriptedServer): Reply => [[0, 16_383, [server.endpoint.host, server.endpoint.port, '0'.repeat(40)]]];
    let owner = old;
    const answering = (server: ScriptedServer) => (words: readonly string[]): Reply => {
      if (words[0] === 'CLUSTER') {
        return slots(owner);
      }
      if (owner !== server) {
        return { error: `MOVED 100 127.0.0.1:${owner.endpoint.port}` };
      }
      return words[0] === 'GET' ? `from ${server === old ? 'old' : 'young'}` : { status: 'OK' };
    };
    old.answer = answering(old);
    young.answer = answering(young);
    const cache = await connected(old.endpoint);
    expect((await cache.read(['a'])).values).toEqual(['from old']);
    owner = young;
    await until(async () => (await cache.read(['a', 'b'])).values.every((value) => value === 'from young'));
    await until(async () => (await cache.read(['c'])).values[0] === 'from young');
  });
});

describe('RedisCache that authenticates', () => {
  it('does so on every connection, and again before the old login counts no more', async () => {
    const server = await new ScriptedServer().start();
    server.answer = (words) => (words[0] === 'GET' ? null : { status: 'OK' });
    let logins = 0;
    const login = async (): Promise<{ username: string; password: string }> => ({ username: 'app', password: `token-${++logins}` });
    await connected(server.endpoint, { cluster: false, login, loginMilliseconds: 60 });
    await until(() => server.commands.filter(([name]) => name === 'AUTH').length >= 3);
    const passwords = server.commands.filter(([name]) => name === 'AUTH').map(([, user, password]) => `${user} ${password}`);
    expect(new Set(passwords).size).toBe(passwords.length);
    expect(passwords.every((text) => text.startsWith('app token-'))).toBe(true);
  });

  it('goes on without a cache that does not let it in', async () => {
    const server = await new ScriptedServer().start();
    server.answer = (words) => (words[0] === 'AUTH' ? { error: 'WRONGPASS invalid username-password pair' } : { status: 'OK' });
    const cache = new RedisCache({
      endpoints: [server.endpoint], cluster: false, tls: false, login: async () => ({ username: 'a', password: 'b' }), onError: (error) => errors.push(error),
    });
    caches.push(cache);
    expect(await cache.untilConnected(200)).toBe(false);
    expect((await cache.read(['a'])).unanswered).toBe(1);
    await until(() => errors.length > 0);
    expect(errors[0].message).toContain('WRONGPASS');
  });
});
