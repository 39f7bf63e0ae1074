import { positive, wholeFrom } from '../configuration/option-rules';
import { CircuitBreaker } from '../resilience/circuit-breaker';
import { type Clock, systemClock } from '../retry/clock';
import { systemTimers, type Timers } from '../retry/timers';
import type { Cache } from './cache';
import { FencedEntries } from './fenced-entries';
import { Lifetimes, MemoryCache, type MemoryCacheOptions } from './memory-cache';

/** How values stand in the shared cache. */
export interface CacheCodec<Value> {
  /** @param readAt when it was read, in milliseconds since 1970 */
  encode(value: Value | null, readAt: number): string;
  /** Undefined for a text that is no value. `readAt` is undefined where the text does not tell. */
  decode(text: string): { readonly value: Value | null; readonly readAt?: number } | undefined;
}

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
  readonly done: Promise<void>;
  readonly finish: () => void;
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
  private readonly codec: CacheCodec<Value>;
  private readonly prefix: string;
  private readonly waitMilliseconds: number;
  private readonly maximumReadings: number;
  private readonly clock: Pick<Clock, 'now'>;
  private readonly timers: Timers;
  private readonly memory: MemoryCache<Value>;
  private readonly sharedMilliseconds: number;
  private readonly sharedLifetimes: Lifetimes;
  private readonly fenced: FencedEntries | undefined;
  private readonly breaker: CircuitBreaker;
  private readonly underWay = new Map<string, Reading>();
  private next: Reading | undefined;
  private readings = 0;

  /** @throws RangeError when an option is out of its range */
  public constructor(options: TwoLevelCacheOptions<Value>) {
    const { lifetimeMilliseconds, absentMilliseconds = lifetimeMilliseconds / 5, shared, fenceMilliseconds, random } = options;
    this.options = options;
    this.codec = options.codec ?? jsonCodec();
    this.prefix = options.prefix ?? '';
    this.waitMilliseconds = positive('waitMilliseconds', options.waitMilliseconds ?? 25);
    this.maximumReadings = wholeFrom('maximumReadings', options.maximumReadings ?? 8, 1);
    this.clock = options.clock ?? systemClock;
    this.timers = options.timers ?? systemTimers;
    this.memory = new MemoryCache(options);
    this.sharedMilliseconds = positive('sharedMilliseconds', options.sharedMilliseconds ?? SHARED_FACTOR * lifetimeMilliseconds);
    this.sharedLifetimes = new Lifetimes({
      lifetimeMilliseconds: this.sharedMilliseconds,
      absentMilliseconds: (this.sharedMilliseconds * absentMilliseconds) / lifetimeMilliseconds,
      jitter: options.jitter,
      random,
    });
    this.fenced = shared === undefined || fenceMilliseconds === undefined ? undefined : new FencedEntries({ cache: shared, fenceMilliseconds });
    this.breaker = new CircuitBreaker({ windowMilliseconds: 10_000, minimumCalls: 4, clock: this.clock, random });
  }

  /** What this process knows by itself: a value, null where there is none, undefined when it does not know. */
  public known(key: string): Value | null | undefined {
    const remembered = this.memory.get(key);
    if (remembered === undefined) {
      return undefined;
    }
    if (this.clock.now() >= remembered.refreshAt && !this.underWay.has(key)) {
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
      await done;
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
    const version = this.versionOf(value);
    if (this.fenced === undefined) {
      return this.options.shared === undefined || await this.fill(this.options.shared, [[key, value]]) === 1;
    }
    return version === undefined
      ? this.fenced.fence(this.prefix + key)
      : this.fenced.fill(this.prefix + key, this.codec.encode(value, this.clock.now()), this.sharedLifetimes.of(value), 0, version);
  }

  /**
   * Forgets a key that was changed elsewhere: it is read anew, also if it is being read.
   *
   * @param version what is older is kept out of the shared cache, where values have versions
   * @returns whether the shared cache, where there is one, took it. Without `fenceMilliseconds` its entry goes, but can come back
   */
  public async invalidate(key: string, version?: number): Promise<boolean> {
    this.forget(key);
    const taken = await this.invalidateShared(key, version);
    // What was read from the shared cache meanwhile may be what it held before.
    this.forget(key);
    return taken;
  }

  private forget(key: string): void {
    this.underWay.delete(key);
    this.memory.delete(key);
  }

  private async invalidateShared(key: string, version: number | undefined): Promise<boolean> {
    if (this.fenced !== undefined) {
      return this.fenced.fence(this.prefix + key, version);
    }
    // Nothing that is understood, and gone in a moment.
    return this.options.shared === undefined || await this.options.shared.write([{ key: this.prefix + key, value: '', lifetimeMilliseconds: 1 }]) === 1;
  }

  /** Adds a key to the reading that begins when everything that is at hand has been looked at. */
  private enqueue(key: string): Reading {
    if (this.next === undefined) {
      const reading = openReading();
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
    const takeBack = this.timers.after(this.waitMilliseconds, reading.finish);
    void read().catch((error: unknown) => this.options.onError?.(error)).finally(() => {
      takeBack();
      for (const key of reading.keys) {
        if (this.underWay.get(key) === reading) {
          this.underWay.delete(key);
          this.memory.putOff(key, AGAIN_MILLISECONDS);
        }
      }
      reading.finish();
    });
  }

  private async readAll(reading: Reading): Promise<void> {
    const left = this.options.shared === undefined ? reading.keys : await this.readShared(this.options.shared, reading);
    if (left.length > 0) {
      await this.readSource(left, reading);
    }
  }

  /** @returns keys that the shared cache does not know */
  private async readShared(shared: Cache, reading: Reading): Promise<string[]> {
    const { values } = await shared.read(reading.keys.map((key) => this.prefix + key));
    const left: string[] = [];
    const old = openReading();
    const oldest = this.clock.now() - this.sharedMilliseconds;
    reading.keys.forEach((key, index) => {
      const text = values[index];
      const stored = text === undefined || this.fenced === undefined ? text : this.fenced.textOf(text);
      const cached = stored === undefined ? undefined : this.codec.decode(stored);
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
      if (this.options.shared !== undefined) {
        // Nobody waits for that: the next process to ask finds it, or does not.
        void this.fill(this.options.shared, current, this.clock.now() - beganAt);
      }
    } catch (error) {
      this.breaker.report(admission, 1);
      this.options.onError?.(error);
    } finally {
      this.readings--;
    }
  }

  /** Puts values into the shared cache. @returns how many it took */
  private async fill(shared: Cache, values: readonly (readonly [string, Value | null])[], loadMilliseconds = 0): Promise<number> {
    const now = this.clock.now();
    const entries = values.map(([key, value]) => ({
      key: this.prefix + key, value: this.codec.encode(value, now), lifetimeMilliseconds: this.sharedLifetimes.of(value),
    }));
    const { fenced } = this;
    if (fenced === undefined) {
      return shared.write(entries);
    }
    const taken = await Promise.all(entries.map(({ key, value, lifetimeMilliseconds }, index) => (
      fenced.fill(key, value, lifetimeMilliseconds, loadMilliseconds, this.versionOf(values[index][1]))
    )));
    return taken.filter(Boolean).length;
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

function openReading(): Reading {
  let finish: () => void = () => undefined;
  const done = new Promise<void>((resolve) => { finish = resolve; });
  return { keys: [], done, finish };
}

function jsonCodec<Value>(): CacheCodec<Value> {
  return {
    encode: (value, readAt) => JSON.stringify({ value, readAt }),
    decode: (text) => {
      try {
        const { value, readAt } = JSON.parse(text) as { value?: Value | null; readAt?: number };
        return value === undefined ? undefined : { value, readAt };
      } catch {
        return undefined;
      }
    },
  };
}
