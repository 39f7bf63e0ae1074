import { type Cache, type CacheEntry, type CacheReading, type CacheScript, CacheUnavailableError } from '../../../../lambdas/runtime/cache/cache';
import { knownScript } from '../../../../local/engines/cache/known-scripts';
import type { TokenBucket } from '../../../../local/engines/cache/token-lease';

/** A cache in memory that can be down or take its time, and counts what it is asked. */
export class FakeCache implements Cache {
  public readonly texts = new Map<string, string>();
  public readonly lifetimes = new Map<string, number>();
  public readonly buckets = new Map<string, TokenBucket>();
  public readonly readings: string[][] = [];
  public leases = 0;
  public isDown = false;
  public isClosed = false;
  /** Waits before each answer. */
  public delay: () => Promise<void> = async () => undefined;

  /** @param now milliseconds since 1970 */
  public constructor(private readonly now: () => number = Date.now) {}

  public async read(keys: readonly string[]): Promise<CacheReading> {
    this.readings.push([...keys]);
    await this.delay();
    return { values: keys.map((key) => (this.isDown ? undefined : this.texts.get(key))), unanswered: this.isDown ? keys.length : 0 };
  }

  public async write(entries: readonly CacheEntry[]): Promise<number> {
    await this.delay();
    if (this.isDown) {
      return 0;
    }
    for (const { key, value, lifetimeMilliseconds } of entries) {
      this.texts.set(key, value);
      this.lifetimes.set(key, lifetimeMilliseconds);
    }
    return entries.length;
  }

  public async run(script: CacheScript, key: string, parameters: readonly string[]): Promise<readonly number[]> {
    this.leases++;
    await this.delay();
    if (this.isDown) {
      throw new CacheUnavailableError('it is down');
    }
    const stored = this.buckets.get(key) ?? this.texts.get(key);
    const { reply, value, lifetimeMilliseconds } = knownScript(script.text)!(stored, parameters, this.now())!;
    if (typeof value === 'string') {
      this.texts.set(key, value);
      this.lifetimes.set(key, lifetimeMilliseconds!);
    } else if (value !== undefined) {
      this.buckets.set(key, value);
    }
    return reply;
  }

  public close(): void {
    this.isClosed = true;
  }
}
