/** A value to store. */
export interface CacheEntry {
  readonly key: string;
  readonly value: string;
  /** After how long the cache forgets it, in milliseconds: a whole number of at least 1. */
  readonly lifetimeMilliseconds: number;
}

/** What a cache answered to a reading. */
export interface CacheReading {
  /** In the order of the keys; undefined where there is no value, or where the cache did not say. */
  readonly values: readonly (string | undefined)[];
  /** How many keys the cache said nothing about: it was down, or slow. */
  readonly unanswered: number;
}

/** Lua that the cache runs as one step on one key. */
export interface CacheScript {
  readonly text: string;
  /** SHA-1 of the text in hexadecimal digits, by which the cache remembers it. */
  readonly sha1: string;
}

/**
 * A store that is fast and may be gone at any moment, with all that it holds: nothing true may live in it alone. Every call ends within the
 * time that the cache was given.
 */
export interface Cache {
  /** Reads values. Never throws: what was not to be had in time counts as unanswered. */
  read(keys: readonly string[]): Promise<CacheReading>;

  /** Stores values. Never throws. @returns how many the cache took */
  write(entries: readonly CacheEntry[]): Promise<number>;

  /**
   * Runs a script on a key. One whose answer is late may have run all the same.
   *
   * @returns what the script returns: whole numbers
   * @throws CacheUnavailableError when there is no answer in time
   */
  run(script: CacheScript, key: string, parameters: readonly string[]): Promise<readonly number[]>;

  /** Lets go of all connections. Calls under way end unanswered. */
  close(): void;
}

/** The cache did not answer in time, or is left alone for a moment because it did not before. */
export class CacheUnavailableError extends Error {
  public constructor(reason: string) {
    super(`the cache is unavailable: ${reason}`);
    this.name = 'CacheUnavailableError';
  }
}
