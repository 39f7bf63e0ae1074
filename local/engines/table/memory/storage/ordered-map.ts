/** Where a reading begins. */
export interface Position {
  readonly key: string;
  /** The entry of that key itself is read too, if there is one. */
  readonly inclusive: boolean;
}

/** A map by text keys that can be read in order. Keys are put in order when somebody reads, so that an insert stays cheap. */
export class OrderedMap<Value> {
  private readonly entries = new Map<string, Value>();
  private sorted: string[] = [];
  /** New keys since the last reading. */
  private added: string[] = [];
  private hasDeletions = false;

  constructor(private readonly compare: (left: string, right: string) => number) {}

  get size(): number {
    return this.entries.size;
  }

  get(key: string): Value | undefined {
    return this.entries.get(key);
  }

  set(key: string, value: Value): void {
    const before = this.entries.size;
    this.entries.set(key, value);
    if (this.entries.size > before) {
      this.added.push(key);
    }
  }

  delete(key: string): void {
    this.hasDeletions = this.entries.delete(key) || this.hasDeletions;
  }

  /** Entries from a position on, in order; the map must not be changed meanwhile. @param start from the first (or last) one when absent */
  *from(start: Position | undefined, forward: boolean): Generator<[string, Value]> {
    const keys = this.keysInOrder();
    const step = forward ? 1 : -1;
    let index = start === undefined ? (forward ? 0 : keys.length - 1) : this.indexOf(keys, start, forward);
    for (; index >= 0 && index < keys.length; index += step) {
      yield [keys[index], this.entries.get(keys[index]) as Value];
    }
  }

  /** Index of the first key to read. */
  private indexOf(keys: readonly string[], { key, inclusive }: Position, forward: boolean): number {
    let low = 0;
    let high = keys.length;
    // Finds how many keys lie before the position: those below the key, and the key itself when it belongs to that side.
    const belongsBefore = forward ? !inclusive : inclusive;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = this.compare(keys[middle], key);
      if (order < 0 || (order === 0 && belongsBefore)) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return forward ? low : low - 1;
  }

  private keysInOrder(): readonly string[] {
    if (this.hasDeletions) {
      this.sorted = [...this.entries.keys()].sort(this.compare);
      this.hasDeletions = false;
    } else if (this.added.length > 0) {
      // Two sorted runs: the sort of the engine merges them in one pass.
      this.sorted = this.sorted.concat(this.added.sort(this.compare)).sort(this.compare);
    }
    this.added = [];
    return this.sorted;
  }
}
