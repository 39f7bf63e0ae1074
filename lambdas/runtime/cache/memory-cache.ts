import { between, positive, shareOf, wholeFrom } from '../configuration/option-rules';
import { BoundedMap } from '../http/bounded-map';
import { type Clock, type Random, systemClock } from '../retry/clock';

export interface LifetimeOptions {
  /** How long an entry is fresh, in milliseconds. Above 0. */
  readonly lifetimeMilliseconds: number;
  /** How long it is remembered that there is nothing, in milliseconds. Above 0. @default - a fifth of the lifetime */
  readonly absentMilliseconds?: number;
  /** By up to which share lifetimes are shortened, so that what was read together is not read again together. 0 to 0.9. @default 0.2 */
  readonly jitter?: number;
  /** @default Math.random */
  readonly random?: Random;
}

/** How long what was read is good for: less for what does not exist, and never the same twice. */
export class Lifetimes {
  private readonly present: number;
  private readonly absent: number;
  private readonly jitter: number;
  private readonly random: Random;

  /** @throws RangeError when an option is out of its range */
  public constructor({ lifetimeMilliseconds, absentMilliseconds = lifetimeMilliseconds / 5, jitter = 0.2, random = Math.random }: LifetimeOptions) {
    this.present = positive('lifetimeMilliseconds', lifetimeMilliseconds);
    this.absent = positive('absentMilliseconds', absentMilliseconds);
    this.jitter = between('jitter', jitter, 0, 0.9);
    this.random = random;
  }

  /** Of a value, or of null where there is none: whole milliseconds, at least 1. */
  public of(value: unknown): number {
    return Math.max(1, Math.round((value === null ? this.absent : this.present) * (1 - this.jitter * this.random())));
  }
}

export interface MemoryCacheOptions extends LifetimeOptions {
  /**
   * After which share of its lifetime an entry that is asked for is to be read again behind the scenes, above 0 and at most 1 (refresh-ahead).
   *
   * @default 1
   */
  readonly refreshAfter?: number;
  /** How long after its lifetime an entry still serves while it is read again, in milliseconds (stale-while-revalidate, RFC 5861). @default 0 */
  readonly staleWhileRefreshMilliseconds?: number;
  /** How long after that it stands in when it cannot be read again, in milliseconds (stale-if-error, RFC 5861). @default 0 */
  readonly staleIfErrorMilliseconds?: number;
  /** Entries that are remembered at least, of each kind. @default 10000 */
  readonly capacity?: number;
  /** Sorts keys into kinds that do not drive each other out. @default - there is one kind */
  readonly kindOf?: (key: string) => number;
  /** @default - the system clock */
  readonly clock?: Pick<Clock, 'now'>;
}

/** What is remembered. Times are in milliseconds since 1970. */
export interface Remembered<Value> {
  /** Null where there is nothing. */
  readonly value: Value | null;
  /** From then on it is to be read again behind the scenes. */
  readonly refreshAt: number;
  /** From then on it is to be read again before anybody is answered. */
  readonly staleAt: number;
  /** From then on it is of no use. */
  readonly uselessAt: number;
}

/**
 * Values in the memory of this process, and that there are none, for a while. Values must not be changed after they were put in: everybody gets
 * the same.
 *
 * Ours, as payments are looked up in it: two generations of a map in place of an exact order of use.
 */
export class MemoryCache<Value> {
  private readonly lifetimes: Lifetimes;
  private readonly refreshAfter: number;
  private readonly staleWhileRefresh: number;
  private readonly staleIfError: number;
  private readonly capacity: number;
  private readonly kindOf: (key: string) => number;
  private readonly clock: Pick<Clock, 'now'>;
  private readonly kinds = new Map<number, BoundedMap<string, Remembered<Value>>>();

  /** @throws RangeError when an option is out of its range */
  public constructor(options: MemoryCacheOptions) {
    this.lifetimes = new Lifetimes(options);
    this.refreshAfter = shareOf('refreshAfter', options.refreshAfter ?? 1);
    this.staleWhileRefresh = between('staleWhileRefreshMilliseconds', options.staleWhileRefreshMilliseconds ?? 0, 0, Number.MAX_SAFE_INTEGER);
    this.staleIfError = between('staleIfErrorMilliseconds', options.staleIfErrorMilliseconds ?? 0, 0, Number.MAX_SAFE_INTEGER);
    this.capacity = wholeFrom('capacity', options.capacity ?? 10_000, 1);
    this.kindOf = options.kindOf ?? (() => 0);
    this.clock = options.clock ?? systemClock;
  }

  /**
   * What is remembered and still of use.
   *
   * @param now for who has looked at the clock already. @default - what it shows
   */
  public get(key: string, now = this.clock.now()): Remembered<Value> | undefined {
    const remembered = this.kinds.get(this.kindOf(key))?.get(key);
    return remembered !== undefined && now < remembered.uselessAt ? remembered : undefined;
  }

  /** Remembers a value, or null for that there is none. */
  public set(key: string, value: Value | null): void {
    const now = this.clock.now();
    const lifetime = this.lifetimes.of(value);
    const staleAt = now + lifetime + this.staleWhileRefresh;
    this.mapOf(key).set(key, { value, refreshAt: now + lifetime * this.refreshAfter, staleAt, uselessAt: staleAt + this.staleIfError });
  }

  /** Leaves an entry alone for a while that is to be read again but could not be. */
  public putOff(key: string, milliseconds: number): void {
    const remembered = this.get(key);
    const now = this.clock.now();
    if (remembered !== undefined && now >= remembered.refreshAt) {
      const refreshAt = now + milliseconds;
      this.mapOf(key).set(key, { ...remembered, refreshAt, staleAt: Math.max(remembered.staleAt, Math.min(refreshAt, remembered.uselessAt)) });
    }
  }

  public delete(key: string): void {
    this.kinds.get(this.kindOf(key))?.delete(key);
  }

  private mapOf(key: string): BoundedMap<string, Remembered<Value>> {
    const kind = this.kindOf(key);
    let map = this.kinds.get(kind);
    if (map === undefined) {
      map = new BoundedMap(this.capacity);
      this.kinds.set(kind, map);
    }
    return map;
  }
}
