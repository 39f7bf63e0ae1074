import type { Cache } from '../cache/cache';
import { BoundedMap } from '../http/bounded-map';
import type { Metrics } from '../observability/metrics';
import { CircuitBreaker } from '../resilience/circuit-breaker';
import { type Clock, type Random, systemClock } from '../retry/clock';
import { decodeProfile, encodeProfile, type Profile } from './profile';
import type { ProfileTable } from './profile-table';

export interface ProfileReaderOptions {
  readonly table: Pick<ProfileTable, 'read'>;
  /** @default - none: what this process does not know is asked of the table */
  readonly cache?: Cache;
  /** What keys in the cache begin with. Those who understand profiles differently must have different ones. @default 'profile:' */
  readonly cachePrefix?: string;
  /** How long anybody waits for a profile, in milliseconds. @default 25 */
  readonly waitMilliseconds?: number;
  /** After how long this process reads a profile again, in seconds. @default 30 */
  readonly memorySeconds?: number;
  /**
   * How long the cache keeps a profile, in seconds, and this process one that cannot be read again. One in the cache that is older, as the
   * warmer puts there, is read again behind the scenes when it is first used. That there is none is remembered for a fifth of these times.
   *
   * @default 300
   */
  readonly cacheSeconds?: number;
  /** Profiles of each kind that this process remembers at least. @default 20000 */
  readonly rememberedProfiles?: number;
  /** Readings of the table under way at once; further ones are not made. @default 8 */
  readonly tableReadings?: number;
  readonly metrics: Metrics;
  /** Is told of failed readings of the table. @default - nobody is told */
  readonly onError?: (error: unknown) => void;
  /** @default - the system clock */
  readonly clock?: Pick<Clock, 'now'>;
  /** @default Math.random */
  readonly random?: Random;
}

/** How much shorter absent profiles are remembered. */
const ABSENT_SHARE = 0.2;
/** By how much lifetimes differ, so that what was read together is not read again together. */
const JITTER = 0.2;
/** When to try again to read a profile that serves on. */
const AGAIN_MILLISECONDS = 1_000;
const DEFAULT_PREFIX = 'profile:';

interface Remembered {
  readonly profile: Profile | null;
  /** From then on it is read again, in milliseconds since 1970. */
  readonly staleAt: number;
  /** Until then it is better than nothing. */
  readonly uselessAt: number;
}

/** Keys that are read together. */
interface Reading {
  readonly keys: string[];
  /** Resolves when the profiles are known, or nobody waits for them any longer. */
  readonly done: Promise<void>;
}

/**
 * Reads profiles where they are nearest: the memory of this process, then the cache, then the table, and puts them into the nearer ones
 * (cache-aside).
 *
 * What concurrent requests miss is read together, once, and nobody waits for long: a profile that is not to be had in time is left out. One
 * that is getting old is read again behind the scenes while it still serves. That there is no profile is remembered as well.
 */
export class ProfileReader {
  private readonly options: ProfileReaderOptions;
  private readonly prefix: string;
  private readonly waitMilliseconds: number;
  private readonly memoryMilliseconds: number;
  private readonly cacheMilliseconds: number;
  private readonly tableReadings: number;
  private readonly clock: Pick<Clock, 'now'>;
  private readonly random: Random;
  private readonly breaker: CircuitBreaker;
  /** By the first letter of their keys. */
  private readonly memories = new Map<number, BoundedMap<string, Remembered>>();
  private readonly underWay = new Map<string, Reading>();
  private next: Reading | undefined;
  private readingsOfTable = 0;

  public constructor(options: ProfileReaderOptions) {
    this.options = options;
    this.prefix = options.cachePrefix ?? DEFAULT_PREFIX;
    this.waitMilliseconds = options.waitMilliseconds ?? 25;
    this.memoryMilliseconds = (options.memorySeconds ?? 30) * 1_000;
    this.cacheMilliseconds = (options.cacheSeconds ?? 300) * 1_000;
    this.tableReadings = options.tableReadings ?? 8;
    this.clock = options.clock ?? systemClock;
    this.random = options.random ?? Math.random;
    this.breaker = new CircuitBreaker({ windowMilliseconds: 10_000, minimumCalls: 4, clock: this.clock, random: this.random });
  }

  /** What this process knows by itself: a profile, null for one that does not exist, undefined when it does not know. */
  public known(key: string): Profile | null | undefined {
    const remembered = this.memoryOf(key).get(key);
    if (remembered === undefined) {
      return undefined;
    }
    const now = this.clock.now();
    if (now >= remembered.uselessAt) {
      return undefined;
    }
    if (now >= remembered.staleAt && !this.underWay.has(key)) {
      this.enqueue(key);
    }
    return remembered.profile;
  }

  /** Makes profiles known. Resolves when they are, or cannot be in time. Never rejects. */
  public async load(keys: readonly string[]): Promise<void> {
    const readings = new Set<Reading>();
    for (const key of keys) {
      readings.add(this.underWay.get(key) ?? this.enqueue(key));
    }
    for (const { done } of readings) {
      await done;
    }
  }

  /** Adds a key to the reading that begins when everything that is at hand has been looked at. */
  private enqueue(key: string): Reading {
    this.next ??= this.openReading();
    this.next.keys.push(key);
    this.underWay.set(key, this.next);
    return this.next;
  }

  private openReading(): Reading {
    let finish: () => void = () => undefined;
    const reading: Reading = { keys: [], done: new Promise((resolve) => { finish = resolve; }) };
    setImmediate(() => {
      this.next = undefined;
      const timer = setTimeout(finish, this.waitMilliseconds);
      void this.read(reading.keys).catch((error: unknown) => this.options.onError?.(error)).finally(() => {
        clearTimeout(timer);
        for (const key of reading.keys) {
          this.underWay.delete(key);
          this.putOff(key);
        }
        finish();
      });
    });
    return reading;
  }

  private async read(keys: readonly string[]): Promise<void> {
    const left = this.options.cache === undefined ? keys : await this.readCache(this.options.cache, keys);
    if (left.length > 0) {
      await this.readTable(left);
    }
  }

  /** @returns keys that the cache does not know */
  private async readCache(cache: Cache, keys: readonly string[]): Promise<string[]> {
    const { values } = await cache.read(keys.map((key) => this.prefix + key));
    const left: string[] = [];
    const old: string[] = [];
    const oldest = this.clock.now() - this.cacheMilliseconds;
    keys.forEach((key, index) => {
      const text = values[index];
      const cached = text === undefined ? undefined : decodeProfile(text);
      if (cached === undefined) {
        left.push(key);
        return;
      }
      this.remember(key, cached.profile);
      if (cached.readAt !== undefined && cached.readAt < oldest) {
        old.push(key);
      }
    });
    this.options.metrics.count('ProfilesFromCache', keys.length - left.length);
    if (old.length > 0) {
      // Put there long before by the warmer: good enough to begin with, and nobody waits for a better one.
      void this.readTable(old);
    }
    return left;
  }

  /** Nothing is read while the table keeps failing, or when too much is being read already. */
  private async readTable(keys: readonly string[]): Promise<void> {
    if (this.readingsOfTable >= this.tableReadings) {
      return;
    }
    const admission = this.breaker.admit();
    if (admission === undefined) {
      return;
    }
    this.readingsOfTable++;
    try {
      const { profiles } = await this.options.table.read(keys);
      this.breaker.report(admission, 0);
      this.options.metrics.count('ProfilesFromTable', profiles.size);
      profiles.forEach((profile, key) => this.remember(key, profile));
      const now = this.clock.now();
      // Nobody waits for that: the next process to ask finds it, or does not.
      void this.options.cache?.write([...profiles].map(([key, profile]) => ({
        key: this.prefix + key,
        value: encodeProfile(profile, now),
        lifetimeMilliseconds: this.lifetime(profile, this.cacheMilliseconds),
      })));
    } catch (error) {
      this.breaker.report(admission, 1);
      this.options.onError?.(error);
    } finally {
      this.readingsOfTable--;
    }
  }

  private remember(key: string, profile: Profile | null): void {
    const lifetime = this.lifetime(profile, this.memoryMilliseconds);
    const staleAt = this.clock.now() + lifetime;
    this.memoryOf(key).set(key, { profile, staleAt, uselessAt: staleAt + this.cacheMilliseconds });
  }

  /** A profile that could not be read again serves on, and is not asked for anew with every request. */
  private putOff(key: string): void {
    const remembered = this.memoryOf(key).get(key);
    const now = this.clock.now();
    if (remembered !== undefined && now >= remembered.staleAt) {
      this.memoryOf(key).set(key, { ...remembered, staleAt: now + AGAIN_MILLISECONDS });
    }
  }

  private lifetime(profile: Profile | null, milliseconds: number): number {
    return Math.max(1, Math.round((profile === null ? ABSENT_SHARE : 1) * milliseconds * (1 - JITTER * this.random())));
  }

  /** A memory for each kind, so that many payers do not drive out the merchants. */
  private memoryOf(key: string): BoundedMap<string, Remembered> {
    const kind = key.charCodeAt(0);
    let memory = this.memories.get(kind);
    if (memory === undefined) {
      memory = new BoundedMap(this.options.rememberedProfiles ?? 20_000);
      this.memories.set(kind, memory);
    }
    return memory;
  }
}
