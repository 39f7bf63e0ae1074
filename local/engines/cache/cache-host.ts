import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../binary/free-port';
import type { CacheEngine } from './cache-engine';
import { MemoryCacheServer } from './memory-cache-server';
import { findRedis, RedisServer } from './redis-program';

const HOST = '127.0.0.1';
/** A port that was free a moment ago can be taken by another process. */
const START_ATTEMPTS = 5;
const RESTART_PAUSE_MILLISECONDS = 200;

/**
 * Serves a cache on a loopback port: the Redis or Valkey of this machine where there is one on the PATH, else one in this process. It can be
 * killed and comes back empty, on the same port.
 */
export class CacheHost {
  /** @param searchPath folders to look in. @throws Error when the cache does not start */
  static async start(searchPath?: string): Promise<CacheHost> {
    const program = findRedis(searchPath);
    return CacheHost.startEngine(program === undefined ? new MemoryCacheServer() : new RedisServer(program));
  }

  /** Serves by a certain engine. @throws Error when it does not start */
  static async startEngine(engine: CacheEngine): Promise<CacheHost> {
    for (let attempt = 1; ; attempt++) {
      const port = await freePort();
      try {
        await engine.start(port);
        return new CacheHost(engine, port);
      } catch (error) {
        if (attempt === START_ATTEMPTS) {
          throw error;
        }
      }
    }
  }

  private killed = 0;
  private absence: Promise<void> | undefined;
  private readonly closing = new AbortController();

  private constructor(private readonly engine: CacheEngine, private readonly port: number) {}

  /** Name and version of what serves. */
  get title(): string {
    return this.engine.title;
  }

  /** `host:port` */
  get endpoint(): string {
    return `${HOST}:${this.port}`;
  }

  /** How often it was killed. */
  get kills(): number {
    return this.killed;
  }

  /**
   * Kills the cache; after a while it is there again, empty. Nothing happens while it is down.
   *
   * @returns 1 when it was killed, else 0
   */
  async kill(seconds: number): Promise<number> {
    if (this.absence !== undefined || this.closing.signal.aborted) {
      return 0;
    }
    this.killed++;
    const dead = this.engine.kill();
    this.absence = dead.then(() => this.comeBack(seconds)).finally(() => { this.absence = undefined; });
    // Whoever closes the host hears of a failure.
    this.absence.catch(() => undefined);
    await dead;
    return 1;
  }

  /** Resolves when the cache is there, if it is not already. @throws Error when it does not come back */
  async untilThere(): Promise<void> {
    await this.absence;
  }

  async close(): Promise<void> {
    this.closing.abort();
    await this.absence?.catch(() => undefined);
    await this.engine.kill();
  }

  private async comeBack(seconds: number): Promise<void> {
    await delay(seconds * 1_000, undefined, { signal: this.closing.signal }).catch(() => undefined);
    for (let attempt = 1; !this.closing.signal.aborted; attempt++) {
      try {
        await this.engine.start(this.port);
        return;
      } catch (error) {
        if (attempt === START_ATTEMPTS) {
          throw error;
        }
        await delay(RESTART_PAUSE_MILLISECONDS);
      }
    }
  }
}
