/** Bytes that a generation has room for at first. */
const FIRST_BYTES = 65_536;
/** Slots for each entry at least: a look-up then seldom meets a second one. */
const SLOTS_PER_ENTRY = 2;

/**
 * Remembers a number for each of many keys, in a few arrays of numbers: a map of as many texts would be moved and looked through by the garbage
 * collector again and again, which costs more than all else that is done with a payment here. A key is the first bytes of an array.
 *
 * It holds at least the `capacity` keys set last and at most twice as many, in two generations: the older one is emptied when the younger one
 * is full.
 */
export class RequestMemory {
  private readonly generations: readonly [Generation, Generation];
  /** Index of the generation that keys are added to. */
  private young = 0;
  /**
   * A table with open addressing for each generation. Those of one place lie side by side, so that both are found in one line of the processor's
   * cache. A slot holds 0, or the number of an entry plus one with the upper bits of its hash above it.
   */
  private readonly slots: Int32Array;
  private readonly mask: number;
  /** What `approach` read, which means nothing: without it there would be nothing to read for. */
  protected seen = 0;

  /** @param capacity a whole number of at least 1 */
  public constructor(private readonly capacity: number) {
    const places = 2 ** Math.ceil(Math.log2(capacity * SLOTS_PER_ENTRY));
    this.mask = places - 1;
    this.slots = new Int32Array(2 * places);
    this.generations = [new Generation(capacity), new Generation(capacity)];
  }

  /**
   * The number of a key, or undefined where none is remembered. Never that of another key.
   *
   * @param hash of the key, 32 bits that nobody who chooses keys can foresee: always the same one for the same key
   * @param bytes what begins with the key
   * @param length of the key
   */
  public get(hash: number, bytes: Uint8Array, length: number): number | undefined {
    const { slots, young } = this;
    const place = 2 * (hash & this.mask);
    if (slots[place] === 0 && slots[place + 1] === 0) {
      // Nearly every key is a new one, and ends here.
      return undefined;
    }
    const found = this.find(young, hash, bytes, length);
    return found === undefined ? this.find(1 - young, hash, bytes, length) : found;
  }

  /**
   * Reads the places of many keys, so that what is done with each of them next finds its own in the processor's cache. The table is larger than that:
   * in a loop that does nothing else the processor waits for many places at once, between look-ups for one after the other.
   */
  public approach(hashes: readonly number[]): void {
    const { slots, mask } = this;
    let seen = 0;
    for (let index = 0; index < hashes.length; index++) {
      seen |= slots[2 * (hashes[index] & mask)];
    }
    this.seen = seen;
  }

  /** Remembers a signed number of 32 bits for a key, unless one is remembered for it already. */
  public addIfAbsent(hash: number, bytes: Uint8Array, length: number, value: number): void {
    if (this.get(hash, bytes, length) !== undefined) {
      return;
    }
    if (this.generations[this.young].size === this.capacity) {
      this.young = 1 - this.young;
      this.empty(this.young);
    }
    const entry = this.generations[this.young].add(bytes, length, value);
    let place = hash & this.mask;
    while (this.slots[2 * place + this.young] !== 0) {
      place = (place + 1) & this.mask;
    }
    this.slots[2 * place + this.young] = (hash & ~this.mask) | (entry + 1);
  }

  private find(generation: number, hash: number, bytes: Uint8Array, length: number): number | undefined {
    const { slots, mask } = this;
    for (let place = hash & mask; ; place = (place + 1) & mask) {
      const slot = slots[2 * place + generation];
      if (slot === 0) {
        return undefined;
      }
      if (((slot ^ hash) & ~mask) === 0) {
        const entry = (slot & mask) - 1;
        if (this.generations[generation].holds(entry, bytes, length)) {
          return this.generations[generation].value(entry);
        }
      }
    }
  }

  private empty(generation: number): void {
    this.generations[generation].size = 0;
    for (let index = generation; index < this.slots.length; index += 2) {
      this.slots[index] = 0;
    }
  }
}

/** Entries in the order in which they came. Their keys lie one behind the other in `bytes`, each up to its end. */
class Generation {
  public size = 0;
  private readonly values: Int32Array;
  private readonly ends: Int32Array;
  private bytes = new Uint8Array(FIRST_BYTES);

  public constructor(capacity: number) {
    this.values = new Int32Array(capacity);
    this.ends = new Int32Array(capacity);
  }

  public value(entry: number): number {
    return this.values[entry];
  }

  /** @returns the number of the entry */
  public add(key: Uint8Array, length: number, value: number): number {
    const entry = this.size++;
    const start = this.start(entry);
    const end = start + length;
    this.makeRoom(end);
    const { bytes } = this;
    for (let index = 0; index < length; index++) {
      bytes[start + index] = key[index];
    }
    this.ends[entry] = end;
    this.values[entry] = value;
    return entry;
  }

  public holds(entry: number, key: Uint8Array, length: number): boolean {
    const start = this.start(entry);
    if (this.ends[entry] - start !== length) {
      return false;
    }
    const { bytes } = this;
    for (let index = 0; index < length; index++) {
      if (bytes[start + index] !== key[index]) {
        return false;
      }
    }
    return true;
  }

  private start(entry: number): number {
    return entry === 0 ? 0 : this.ends[entry - 1];
  }

  private makeRoom(bytes: number): void {
    if (bytes > this.bytes.length) {
      const larger = new Uint8Array(Math.max(bytes, 2 * this.bytes.length));
      larger.set(this.bytes);
      this.bytes = larger;
    }
  }
}
