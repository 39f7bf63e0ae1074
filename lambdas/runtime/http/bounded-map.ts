/**
 * A map that forgets: it holds at least the `capacity` entries set last and at most twice as many.
 *
 * Two generations stand in for an exact order of use: the older one is dropped as a whole when the younger one is full,
 * so that setting and getting cost no more than with a plain map.
 */
export class BoundedMap<Key, Value> {
  private young = new Map<Key, Value>();
  private old = new Map<Key, Value>();

  public constructor(private readonly capacity: number) {}

  public get(key: Key): Value | undefined {
    return this.young.get(key) ?? this.old.get(key);
  }

  public set(key: Key, value: Value): void {
    if (this.young.size >= this.capacity && !this.young.has(key)) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(key, value);
  }

  public delete(key: Key): void {
    this.young.delete(key);
    this.old.delete(key);
  }

  /** Entries held, those counted twice that were set again after a turn of generations. */
  public get size(): number {
    return this.young.size + this.old.size;
  }
}
