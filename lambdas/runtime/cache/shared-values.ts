import type { Clock } from '../retry/clock';
import type { Cache } from './cache';
import { FencedEntries } from './fenced-entries';
import type { Lifetimes } from './memory-cache';

/** How values stand in the shared cache. */
export interface CacheCodec<Value> {
  /** @param readAt when it was read, in milliseconds since 1970 */
  encode(value: Value | null, readAt: number): string;
  /** Undefined for a text that is no value. `readAt` is undefined where the text does not tell. */
  decode(text: string): { readonly value: Value | null; readonly readAt?: number } | undefined;
}

export interface SharedValuesOptions<Value> {
  readonly cache: Cache;
  /** @default - JSON */
  readonly codec?: CacheCodec<Value>;
  /** What keys begin with. @default '' */
  readonly prefix?: string;
  /** How long the cache keeps a value. */
  readonly lifetimes: Lifetimes;
  /** See `FencedEntries`. @default - values are not fenced */
  readonly fenceMilliseconds?: number;
  /** Undefined where a value has no version. */
  readonly versionOf: (value: Value | null) => number | undefined;
  readonly clock: Pick<Clock, 'now'>;
}

/** Values in a shared cache: under which key and how they stand there, for how long, and what keeps older ones out. */
export class SharedValues<Value> {
  private readonly codec: CacheCodec<Value>;
  private readonly prefix: string;
  private readonly fenced: FencedEntries | undefined;

  /** @throws RangeError when an option is out of its range */
  public constructor(private readonly options: SharedValuesOptions<Value>) {
    const { cache, codec, prefix, fenceMilliseconds } = options;
    this.codec = codec ?? jsonCodec();
    this.prefix = prefix ?? '';
    this.fenced = fenceMilliseconds === undefined ? undefined : new FencedEntries({ cache, fenceMilliseconds });
  }

  /** In the order of the keys, undefined for what the cache does not know or does not tell in time. */
  public async read(keys: readonly string[]): Promise<ReturnType<CacheCodec<Value>['decode']>[]> {
    const { values } = await this.options.cache.read(keys.map((key) => this.prefix + key));
    return keys.map((_, index) => {
      const text = values[index];
      const stored = text === undefined || this.fenced === undefined ? text : this.fenced.textOf(text);
      return stored === undefined ? undefined : this.codec.decode(stored);
    });
  }

  /**
   * Puts in what was read where it truly is.
   *
   * @param loadMilliseconds how long the reading took
   * @returns how many the cache took
   */
  public async fill(values: readonly (readonly [string, Value | null])[], loadMilliseconds: number): Promise<number> {
    const now = this.options.clock.now();
    const entries = values.map(([key, value]) => ({
      key: this.prefix + key, value: this.codec.encode(value, now), lifetimeMilliseconds: this.options.lifetimes.of(value),
    }));
    const { fenced } = this;
    if (fenced === undefined) {
      return this.options.cache.write(entries);
    }
    const taken = await Promise.all(entries.map(({ key, value, lifetimeMilliseconds }, index) => (
      fenced.fill(key, value, lifetimeMilliseconds, loadMilliseconds, this.options.versionOf(values[index][1]))
    )));
    return taken.filter(Boolean).length;
  }

  /**
   * Puts a value in that was just written where it truly is. Where values are fenced and this one has no version, it leaves a fence: the cache
   * learns the new one from whoever loads it.
   *
   * @returns whether the cache took it
   */
  public async put(key: string, value: Value | null): Promise<boolean> {
    return this.fenced !== undefined && this.options.versionOf(value) === undefined
      ? this.fenced.fence(this.prefix + key)
      : await this.fill([[key, value]], 0) === 1;
  }

  /**
   * Takes away a value that was changed elsewhere.
   *
   * @param version what is older is kept out, where values are fenced and have versions
   * @returns whether the cache took it
   */
  public async invalidate(key: string, version?: number): Promise<boolean> {
    if (this.fenced !== undefined) {
      return this.fenced.fence(this.prefix + key, version);
    }
    // Nothing that is understood, and gone in a moment.
    return await this.options.cache.write([{ key: this.prefix + key, value: '', lifetimeMilliseconds: 1 }]) === 1;
  }
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
