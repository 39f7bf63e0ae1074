import type { Cache } from '../cache/cache';
import { TwoLevelCache } from '../cache/two-level-cache';
import type { Metrics } from '../observability/metrics';
import type { Clock, Random } from '../retry/clock';
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

const DEFAULT_PREFIX = 'profile:';

/**
 * Reads profiles where they are nearest: a cache of two levels over the table, with a memory for each kind of profile, so that many payers do not
 * drive out the merchants. See `TwoLevelCache` for how.
 */
export class ProfileReader {
  private readonly profiles: TwoLevelCache<Profile>;

  public constructor(options: ProfileReaderOptions) {
    const { table, metrics } = options;
    const cacheMilliseconds = (options.cacheSeconds ?? 300) * 1_000;
    this.profiles = new TwoLevelCache({
      read: async (keys) => (await table.read(keys)).profiles,
      shared: options.cache,
      codec: {
        encode: encodeProfile,
        decode: (text) => {
          const cached = decodeProfile(text);
          return cached && { value: cached.profile, readAt: cached.readAt };
        },
      },
      prefix: options.cachePrefix ?? DEFAULT_PREFIX,
      lifetimeMilliseconds: (options.memorySeconds ?? 30) * 1_000,
      staleWhileRefreshMilliseconds: cacheMilliseconds,
      sharedMilliseconds: cacheMilliseconds,
      waitMilliseconds: options.waitMilliseconds,
      maximumReadings: options.tableReadings,
      capacity: options.rememberedProfiles ?? 20_000,
      kindOf: (key) => key.charCodeAt(0),
      onFound: (place, values) => metrics.count(place === 'shared' ? 'ProfilesFromCache' : 'ProfilesFromTable', values),
      onError: options.onError,
      clock: options.clock,
      random: options.random,
    });
  }

  /** What this process knows by itself: a profile, null for one that does not exist, undefined when it does not know. */
  public known(key: string): Profile | null | undefined {
    return this.profiles.known(key);
  }

  /** Makes profiles known. Resolves when they are, or cannot be in time. Never rejects. */
  public load(keys: readonly string[]): Promise<void> {
    return this.profiles.load(keys);
  }
}
