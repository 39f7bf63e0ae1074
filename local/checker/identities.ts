import { Column } from './column';

const CHUNK_BYTES = 1 << 20;
const FIRST_SLOTS = 1 << 10;
/** Bytes that a text of one UTF-16 code unit may take. */
const BYTES_PER_UNIT = 3;

/**
 * Numbers texts in the order in which they first come, 0 for the first, and gives them back. A text takes its bytes and some 30 more,
 * and nothing that the garbage collector has to look at.
 */
export class Identities {
  private count = 0;
  private readonly chunks: Buffer[] = [];
  private freeInChunk = 0;
  /** Where each text lies: number of the chunk times its size, and the position in it. */
  private readonly places = new Column(Float64Array);
  private readonly lengths = new Column(Uint32Array);
  private readonly hashes = new Column(Uint32Array);
  /** Open addressing: number of the text + 1, or 0 for a free slot. Always a power of two. */
  private slots = new Uint32Array(FIRST_SLOTS);
  /** The text that is looked for, as bytes. */
  private wanted = Buffer.alloc(CHUNK_BYTES / 1024);

  /** Texts that have a number. */
  get size(): number {
    return this.count;
  }

  /** The number of a text; a new one for a text that is new. */
  numberOf(text: string): number {
    if (text.length * BYTES_PER_UNIT > this.wanted.length) {
      this.wanted = Buffer.alloc(text.length * BYTES_PER_UNIT);
    }
    const length = this.wanted.write(text);
    const hash = hashOf(this.wanted, length);
    const slot = this.slotOf(hash, length);
    if (this.slots[slot] > 0) {
      return this.slots[slot] - 1;
    }
    return this.append(slot, hash, length);
  }

  /** @param number of a text that has one */
  text(number: number): string {
    const place = this.places.get(number);
    const start = place % CHUNK_BYTES;
    return this.chunkAt(place).toString('utf8', start, start + this.lengths.get(number));
  }

  /** The slot of the wanted text, or the free one where it belongs. */
  private slotOf(hash: number, length: number): number {
    const mask = this.slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const number = this.slots[slot] - 1;
      if (number < 0 || (this.hashes.get(number) === hash && this.isWanted(number, length))) {
        return slot;
      }
    }
  }

  private isWanted(number: number, length: number): boolean {
    const place = this.places.get(number);
    const start = place % CHUNK_BYTES;
    return this.lengths.get(number) === length && this.wanted.compare(this.chunkAt(place), start, start + length, 0, length) === 0;
  }

  private append(slot: number, hash: number, length: number): number {
    if (this.chunks.length === 0 || length > this.freeInChunk) {
      this.chunks.push(Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, length)));
      this.freeInChunk = Math.max(CHUNK_BYTES, length);
    }
    const chunk = this.chunks[this.chunks.length - 1];
    const start = chunk.length - this.freeInChunk;
    this.wanted.copy(chunk, start, 0, length);
    this.freeInChunk -= length;
    // Always inside the first megabyte of a chunk: one that was made larger for its text holds only that.
    this.places.set(this.count, (this.chunks.length - 1) * CHUNK_BYTES + start);
    this.lengths.set(this.count, length);
    this.hashes.set(this.count, hash);
    this.slots[slot] = this.count + 1;
    this.count++;
    if (this.count * 2 > this.slots.length) {
      this.growSlots();
    }
    return this.count - 1;
  }

  private growSlots(): void {
    this.slots = new Uint32Array(this.slots.length * 2);
    const mask = this.slots.length - 1;
    for (let number = 0; number < this.count; number++) {
      let slot = this.hashes.get(number) & mask;
      while (this.slots[slot] > 0) {
        slot = (slot + 1) & mask;
      }
      this.slots[slot] = number + 1;
    }
  }

  private chunkAt(place: number): Buffer {
    return this.chunks[Math.floor(place / CHUNK_BYTES)];
  }
}

/** FNV-1a with a last mixing, because the low bits choose the slot. */
function hashOf(bytes: Buffer, length: number): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < length; index++) {
    hash = Math.imul(hash ^ bytes[index], 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
