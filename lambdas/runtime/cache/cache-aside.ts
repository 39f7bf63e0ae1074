import { wholeFrom } from '../configuration/option-rules';
import { type Clock, systemClock } from '../retry/clock';
import { MemoryCache, type MemoryCacheOptions } from './memory-cache';
import { SingleFlight } from './single-flight';

/** So many values are being loaded already that another load is not begun. */
export class TooManyLoadsError extends Error {
  public constructor(loads: number) {
    super(`${loads} values are being loaded already`);
    this.name = 'TooManyLoadsError';
  }
}

export interface CacheAsideOptions<Value> extends MemoryCacheOptions {
  /** Reads a value where it truly is; null where there is none. */
  readonly load: (key: string) => Promise<Value | null>;
  /** Loads under way at once. A whole number of at least 1. @default 64 */
  readonly maximumLoads?: number;
  /** Is told of failed loads that nobody waited for, or that an older value stood in for. @default - nobody is told */
  readonly onError?: (error: unknown) => void;
}

/** When to try again to load a value that serves on. */
const AGAIN_MILLISECONDS = 1_000;

/**
 * Remembers what was loaded, in the memory of this process, and loads what it does not know: cache-aside, for values that are asked for one at a
 * time.
 *
 * A key is loaded once at a time however many ask; that there is nothing is remembered as well; lifetimes differ; a value that is used is read again
 * before it is too old, if so asked, and stands in for a while when it cannot be; and a load that began before an invalidation never brings back
 * what that took away.
 */
export class CacheAside<Value> {
  private readonly load: (key: string) => Promise<Value | null>;
  private readonly memory: MemoryCache<Value>;
  private readonly flights = new SingleFlight<Value | null>();
  private readonly maximumLoads: number;
  private readonly onError: (error: unknown) => void;
  private readonly clock: Pick<Clock, 'now'>;

  /** @throws RangeError when an option is out of its range */
  public constructor(options: CacheAsideOptions<Value>) {
    this.load = options.load;
    this.memory = new MemoryCache(options);
    this.maximumLoads = wholeFrom('maximumLoads', options.maximumLoads ?? 64, 1);
    this.onError = options.onError ?? (() => undefined);
    this.clock = options.clock ?? systemClock;
  }

  /**
   * The value of a key, null where there is none; without a promise when it is known.
   *
   * @throws TooManyLoadsError, or by the promise what the load throws, when no value is known that could stand in
   */
  public get(key: string): Value | null | Promise<Value | null> {
    const known = this.memory.get(key);
    const now = this.clock.now();
    if (known !== undefined && now < known.staleAt) {
      if (now >= known.refreshAt && this.flights.size < this.maximumLoads) {
        this.refresh(key);
      }
      return known.value;
    }
    if (this.flights.get(key) === undefined && this.flights.size >= this.maximumLoads) {
      throw new TooManyLoadsError(this.maximumLoads);
    }
    return this.fly(key);
  }

  /** Puts a value in that was just written where it truly is; null for one that was taken away. */
  public put(key: string, value: Value | null): void {
    this.flights.forget(key);
    this.memory.set(key, value);
  }

  /** Forgets a key: it is loaded anew by whoever asks next, also if a load of it is under way. */
  public invalidate(key: string): void {
    this.flights.forget(key);
    this.memory.delete(key);
  }

  private refresh(key: string): void {
    if (this.flights.get(key) === undefined) {
      void this.fly(key).catch(() => undefined);
    }
  }

  private fly(key: string): Promise<Value | null> {
    const flight: Promise<Value | null> = this.flights.run(key, async () => {
      try {
        const value = await this.load(key);
        if (this.flights.get(key) === flight) {
          this.memory.set(key, value);
        }
        return value;
      } catch (error) {
        const known = this.memory.get(key);
        if (known === undefined || known.value === null) {
          throw error;
        }
        this.onError(error);
        this.memory.putOff(key, AGAIN_MILLISECONDS);
        return known.value;
      }
    });
    return flight;
  }
}
