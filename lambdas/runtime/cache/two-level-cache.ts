import { positive, wholeFrom } from '../configuration/option-rules';
import { CircuitBreaker } from '../resilience/circuit-breaker';
import { type Clock, systemClock } from '../retry/clock';
import { type Deferred, deferred } from '../retry/deferred';
import { systemTimers, type Timers } from '../retry/timers';
import type { Cache } from './cache';
import { Lifetimes, MemoryCache, type MemoryCacheOptions } from './memory-cache';
import { type CacheCodec, SharedValues } from './shared-values';

export type { CacheCodec } from './shared-values';

export interface TwoLevelCacheOptions<Value> extends Omit<MemoryCacheOptions, 'staleIfErrorMilliseconds'> {
  /** Reads values where they truly are, many at a time; null where there is none. A key without an answer stays unknown. */
  readonly read: (keys: readonly string[]) => Promise<ReadonlyMap<string, Value | null>>;
  /** @default - none: what this process does not know is read where it truly is */
  readonly shared?: Cache;
  /** @default - JSON */
  readonly codec?: CacheCodec<Value>;
  /** What keys in the shared cache begin with. Those who understand values differently must have different ones. @default '' */
  readonly prefix?: string;
  /**
   * How long the shared cache keeps a value, in milliseconds; that there is none for as much shorter as in memory. One that was read longer ago is
   * read again behind the scenes when it is found there.
   *
   * @default - ten times as long as the memory
   */
  readonly sharedMilliseconds?: number;
  /**
   * How long the shared cache keeps out what was loaded before an invalidation, in milliseconds: at least twice as long as any load takes. See
   * `FencedEntries`.
   *
   * @default - values in the shared cache are not invalidated, and are written without a script
   */
  readonly fenceMilliseconds?: number;
  /** Version of a value, a whole number that grows with each change: the newest stays, in memory and in the shared cache. @default - none */
  readonly versionOf?: (value: Value) => number;
  /** How long anybody waits, in milliseconds. Above 0. @default 25 */
  readonly waitMilliseconds?: number;
  /** Readings where values truly are under way at once; further ones are not made. A whole number of at least 1. @default 8 */
  readonly maximumReadings?: number;
  /** Is told how many values were found where. @default - nobody is told */
  readonly onFound?: (place: 'shared' | 'source', values: number) => void;
  /** Is told of failed readings. @default - nobody is told */
  readonly onError?: (error: unknown) => void;
  /** @default - those of the machine */
  readonly timers?: Timers;
}

/** When to try again to read a value that serves on. */
const AGAIN_MILLISECONDS = 1_000;
const SHARED_FACTOR = 10;

/** Keys that are read together. */
interface Reading {
  readonly keys: string[];
  /** Resolves when the values are known, or nobody waits for them any longer. */
  readonly done: Deferred<void>;
}

/**
 * Looks values up where they are nearest: the memory of this process, then the shared cache, then where they truly are, and puts them into the nearer
 * ones.
 *
 * What concurrent callers miss is read together, each key once, and nobody waits for long: what is not to be had in time stays unknown. A value
 * that is getting old is read again behind the scenes while it still serves. That there is none is remembered as well. A reading that began before
 * an invalidation brings nothing back; other processes go by what they remember for as long as their memory keeps it.
 */
export class TwoLevelCache<Value> {
  private readonly options: TwoLevelCacheOptions<Value>;
  private readonly waitMilliseconds: number;
  private readonly maximumReadings: number;
  private readonly clock: Pick<Clock, 'now'>;
  private readonly timers: Timers;
  private readonly memory: MemoryCache<Value>;
  private readonly sharedMilliseconds: number;
  private readonly shared: SharedValues<Value> | undefined;
  private readonly breaker: CircuitBreaker;
  private readonly underWay = new Map<string, Reading>();
  private next: Reading | undefined;
  private readings = 0;

  /** @throws RangeError when an option is out of its range */
  public constructor(options: TwoLevelCacheOptions<Value>) {
    const { lifetimeMilliseconds, absentMilliseconds = lifetimeMilliseconds / 5, shared, random } = options;
    this.options = options;
    this.waitMilliseconds = positive('waitMilliseconds', options.waitMilliseconds ?? 25);
    this.maximumReadings = wholeFrom('maximumReadings', options.maximumReadings ?? 8, 1);
    this.clock = options.clock ?? systemClock;
    this.timers = options.timers ?? systemTimers;
    this.memory = new MemoryCache(options);
    this.sharedMilliseconds = positive('sharedMilliseconds', options.sharedMilliseconds ?? SHARED_FACTOR * lifetimeMilliseconds);
    const lifetimes = new Lifetimes({
      lifetimeMilliseconds: this.sharedMilliseconds,
      absentMilliseconds: (this.sharedMilliseconds * absentMilliseconds) / lifetimeMilliseconds,
      jitter: options.jitter,
      random,
    });
    this.shared = shared === undefined ? undefined : new SharedValues({
      cache: shared, codec: options.codec, prefix: options.prefix, lifetimes, fenceMilliseconds: options.fenceMilliseconds, clock: this.clock,
      versionOf: (value) => this.versionOf(value),
    });
    this.breaker = new CircuitBreaker({ windowMilliseconds: 10_000, minimumCalls: 4, clock: this.clock, random });
  }

  /** What this process knows by itself: a value, null where there is none, undefined when it does not know. */
  public known(key: string): Value | null | undefined {
    const now = this.clock.now();
    const remembered = this.memory.get(key, now);
    if (remembered === undefined) {
      return undefined;
    }
    if (now >= remembered.refreshAt && !this.underWay.has(key)) {
      this.enqueue(key);
    }
    return remembered.value;
  }

  /** Makes values known. Resolves when they are, or cannot be in time. Never rejects. */
  public async load(keys: readonly string[]): Promise<void> {
    const readings = new Set<Reading>();
    for (const key of keys) {
      readings.add(this.underWay.get(key) ?? this.enqueue(key));
    }
    for (const { done } of readings) {
      await done.promise;
    }
  }

  /** The value of a key, null where there is none, undefined when it is not to be had in time; without a promise when it is known. */
  public get(key: string): Value | null | undefined | Promise<Value | null | undefined> {
    const known = this.known(key);
    return known === undefined ? this.load([key]).then(() => this.known(key)) : known;
  }

  /**
   * Puts a value in that was just written where it truly is, null for one that was taken away. Where values have versions, an older one changes
   * nothing; where they have none, the shared cache is fenced: it learns the new one from whoever loads it.
   *
   * @returns whether the shared cache, where there is one, took it
   */
  public async put(key: string, value: Value | null): Promise<boolean> {
    this.underWay.delete(key);
    this.remember(key, value);
    return this.shared === undefined || this.shared.put(key, value);
  }

  /**
   * Forgets a key that was changed elsewhere: it is read anew, also if it is being read.
   *
   * @param version what is older is kept out of the shared cache, where values have versions
   * @returns whether the shared cache, where there is one, took it. Without `fenceMilliseconds` its entry goes, but can come back
   */
  public async invalidate(key: string, version?: number): Promise<boolean> {
    this.forget(key);
    const taken = this.shared === undefined || await this.shared.invalidate(key, version);
    // What was read from the shared cache meanwhile may be what it held before.
    this.forget(key);
    return taken;
  }

  private forget(key: string): void {
    this.underWay.delete(key);
    this.memory.delete(key);
  }

  /** Adds a key to the reading that begins when everything that is at hand has been looked at. */
  private enqueue(key: string): Reading {
    if (this.next === undefined) {
      const reading: Reading = { keys: [], done: deferred() };
      this.next = reading;
      setImmediate(() => {
        this.next = undefined;
        this.begin(reading, () => this.readAll(reading));
      });
    }
    this.next.keys.push(key);
    this.underWay.set(key, this.next);
    return this.next;
  }

  private begin(reading: Reading, read: () => Promise<void>): void {
    const takeBack = this.timers.after(this.waitMilliseconds, reading.done.resolve);
    void read().catch((error: unknown) => this.options.onError?.(error)).finally(() => {
      takeBack();
      for (const key of reading.keys) {
        if (this.underWay.get(key) === reading) {
          this.underWay.delete(key);
          this.memory.putOff(key, AGAIN_MILLISECONDS);
        }
      }
      reading.done.resolve();
    });
  }

  private async readAll(reading: Reading): Promise<void> {
    const left = this.shared === undefined ? reading.keys : await this.readShared(this.shared, reading);
    if (left.length > 0) {
      await this.readSource(left, reading);
    }
  }

  /** @returns keys that the shared cache does not know */
  private async readShared(shared: SharedValues<Value>, reading: Reading): Promise<string[]> {
    const found = await shared.read(reading.keys);
    const left: string[] = [];
    const old: Reading = { keys: [], done: deferred() };
    const oldest = this.clock.now() - this.sharedMilliseconds;
    reading.keys.forEach((key, index) => {
      const cached = found[index];
      if (cached === undefined) {
        left.push(key);
      } else if (this.underWay.get(key) === reading) {
        this.remember(key, cached.value);
        if (cached.readAt !== undefined && cached.readAt < oldest) {
          old.keys.push(key);
          this.underWay.set(key, old);
        }
      }
    });
    this.options.onFound?.('shared', reading.keys.length - left.length);
    if (old.keys.length > 0) {
      // Put there long before: good enough to begin with, and nobody waits for a better one.
      this.begin(old, () => this.readSource(old.keys, old));
    }
    return left;
  }

  /** Nothing is read while the source keeps failing, or when too much is being read already. */
  private async readSource(keys: readonly string[], reading: Reading): Promise<void> {
    const admission = this.readings >= this.maximumReadings ? undefined : this.breaker.admit();
    if (admission === undefined) {
      return;
    }
    this.readings++;
    try {
      const beganAt = this.clock.now();
      const values = await this.options.read(keys);
      this.breaker.report(admission, 0);
      this.options.onFound?.('source', values.size);
      // What was invalidated meanwhile is no longer under way in this reading.
      const current = [...values].filter(([key]) => this.underWay.get(key) === reading);
      current.forEach(([key, value]) => this.remember(key, value));
      // Nobody waits for that: the next process to ask finds it, or does not.
      void this.shared?.fill(current, this.clock.now() - beganAt);
    } catch (error) {
      this.breaker.report(admission, 1);
      this.options.onError?.(error);
    } finally {
      this.readings--;
    }
  }

  private remember(key: string, value: Value | null): void {
    const known = this.memory.get(key)?.value;
    const version = this.versionOf(value);
    if (version === undefined || known == null || version >= this.versionOf(known)!) {
      this.memory.set(key, value);
    }
  }

  private versionOf(value: Value | null): number | undefined {
    return value === null ? undefined : this.options.versionOf?.(value);
  }
}
