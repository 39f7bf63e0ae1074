/** What a writer keeps up to date: `CacheAside`, `TwoLevelCache`, or one that a test makes. */
export interface WritableCache<Value> {
  put(key: string, value: Value | null): unknown;
  invalidate(key: string): unknown;
}

export interface WriteThroughOptions<Value> {
  readonly cache: WritableCache<Value>;
  /**
   * Writes a value where it truly is.
   *
   * @returns it as it stands there then, with its new version where values have one; null for one that was taken away
   */
  readonly write: (key: string, value: Value | null) => Promise<Value | null>;
}

/**
 * Writes values where they truly are, and then into the cache: who reads after a write has ended finds what was written.
 *
 * Writes of one key are made one after the other in this process, so that the cache ends with what the store ends with. Writes of other processes are
 * told from each other by versions: without them the shared cache of a `TwoLevelCache` is fenced instead of filled. After a write whose end is not
 * known the key is forgotten.
 */
export class WriteThrough<Value> {
  private readonly options: WriteThroughOptions<Value>;
  /** The last write of each key that is not done. */
  private readonly last = new Map<string, Promise<unknown>>();

  public constructor(options: WriteThroughOptions<Value>) {
    this.options = options;
  }

  /**
   * Writes a value, or null to take one away.
   *
   * @returns the value as it was stored
   * @throws what the write throws: it may have happened all the same
   */
  public put(key: string, value: Value | null): Promise<Value | null> {
    const before = this.last.get(key);
    const write = before === undefined ? this.write(key, value) : before.then(() => this.write(key, value));
    // Of no interest is how the one before ended, but that it did.
    const ended: Promise<unknown> = write.catch(() => undefined).then(() => {
      if (this.last.get(key) === ended) {
        this.last.delete(key);
      }
    });
    this.last.set(key, ended);
    return write;
  }

  private async write(key: string, value: Value | null): Promise<Value | null> {
    const { cache, write } = this.options;
    let stored: Value | null;
    try {
      stored = await write(key, value);
    } catch (error) {
      await cache.invalidate(key);
      throw error;
    }
    await cache.put(key, stored);
    return stored;
  }
}
