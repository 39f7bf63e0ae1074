import { wholeFrom } from '../configuration/option-rules';
import type { Cache, CacheScript } from './cache';
import { cacheScript } from './cache-script';

/**
 * One entry. A value stands as `=<version> <text>`, a fence as `!<version> `, where a version may be missing. A fence without a version keeps all
 * values out while it stands; a version keeps out what is older.
 */
const TEXT = `-- fenced entry 1
local mark, version = ARGV[1], ARGV[2]
local stored = redis.call('GET', KEYS[1])
if stored then
  local known_mark, known = string.match(stored, '^([!=])(%d*) ')
  if mark == '=' and known_mark == '!' and known == '' then
    return { 0 }
  end
  if version ~= '' and known and known ~= '' and tonumber(version) < tonumber(known) then
    return { 0 }
  end
end
redis.call('SET', KEYS[1], mark .. version .. ' ' .. ARGV[3], 'PX', ARGV[4])
return { 1 }
`;

/** The script behind fenced entries, for those who serve a cache without Lua. */
export const FENCED_ENTRY_SCRIPT: CacheScript = cacheScript(TEXT);

const ENTRY = /^([!=])\d* /;

export interface FencedEntriesOptions {
  readonly cache: Cache;
  /** How long a fence stands, in milliseconds: longer than any load takes. A whole number of at least 1. */
  readonly fenceMilliseconds: number;
}

/**
 * Entries of a shared cache that an older load never brings back after they were invalidated, in whichever process either happens.
 *
 * An invalidation leaves a fence in the place of the value. While it stands, no value gets in; a load that took half as long as a fence stands is not
 * put in at all, so that one that began before the fence never ends after it. Only durations count, so that clocks of processes may differ. (It is
 * what the leases of "Scaling Memcache at Facebook", NSDI 2013, section 3.2.1 are for, without a token for each miss.) Where values have versions,
 * the newest stays instead, and nothing has to wait for a fence.
 */
export class FencedEntries {
  private readonly cache: Cache;
  private readonly fenceMilliseconds: number;

  /** @throws RangeError when the time is no whole number of at least 1 */
  public constructor({ cache, fenceMilliseconds }: FencedEntriesOptions) {
    this.cache = cache;
    this.fenceMilliseconds = wholeFrom('fenceMilliseconds', fenceMilliseconds, 1);
  }

  /** The text of an entry as it was read from the cache; undefined for a fence and for what is no entry. */
  public textOf(stored: string): string | undefined {
    const match = ENTRY.exec(stored);
    return match?.[1] === '=' ? stored.slice(match[0].length) : undefined;
  }

  /**
   * Puts a value in, unless a fence or a newer version keeps it out. Never throws.
   *
   * @param loadMilliseconds how long ago it was asked for where it truly is; 0 for one that was just written there
   * @param version of the value: a whole number. @default - values have none
   * @returns whether the cache took it
   */
  public async fill(key: string, text: string, lifetimeMilliseconds: number, loadMilliseconds: number, version?: number): Promise<boolean> {
    if (version === undefined && loadMilliseconds * 2 > this.fenceMilliseconds) {
      return false;
    }
    return this.set(key, '=', version, text, lifetimeMilliseconds);
  }

  /**
   * Takes a value away and keeps older ones out. Never throws.
   *
   * @param version what is older is kept out. @default - everything is, while the fence stands
   * @returns whether the cache took it: where it did not, the old value stays until its lifetime is over
   */
  public fence(key: string, version?: number): Promise<boolean> {
    return this.set(key, '!', version, '', this.fenceMilliseconds);
  }

  private async set(key: string, mark: string, version: number | undefined, text: string, lifetimeMilliseconds: number): Promise<boolean> {
    try {
      const parameters = [mark, version === undefined ? '' : String(version), text, String(lifetimeMilliseconds)];
      return (await this.cache.run(FENCED_ENTRY_SCRIPT, key, parameters))[0] === 1;
    } catch {
      return false;
    }
  }
}
