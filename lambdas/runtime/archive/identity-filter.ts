import { hash } from 'node:crypto';

/** Bits for each entry: with seven hashes fewer than one entry of a hundred is taken for present that is not. */
const BITS_PER_ENTRY = 10;
const HASHES = 7;

/** A filter as it stands in a manifest. */
export interface FilterJson {
  readonly kind: 'bloom-sha256';
  readonly hashes: number;
  /** Base64; bit i is bit i mod 8 (from the lowest) of byte i / 8. */
  readonly bits: string;
}

/**
 * Says of a merchant, or of one key of a merchant, that an object holds nothing of it, or that it may. A search reads only the objects that
 * may: a Bloom filter over both, whose bits are (a + i b) mod m of the first two words of eight bytes, big endian, of the entry's SHA-256.
 */
export class IdentityFilter {
  /** @param entries texts of `merchantEntry` and `identityEntry`, each once */
  public static of(entries: ReadonlySet<string>): IdentityFilter {
    const filter = new IdentityFilter(Buffer.alloc(Math.max(1, Math.ceil(entries.size * BITS_PER_ENTRY / 8))), HASHES);
    for (const entry of entries) {
      filter.forEachBit(entry, (byte, mask) => {
        filter.bits[byte] |= mask;
        return true;
      });
    }
    return filter;
  }

  /** @throws Error when it is no filter of this kind */
  public static fromJSON(json: FilterJson): IdentityFilter {
    const bits = Buffer.from(json.bits, 'base64');
    if (json.kind !== 'bloom-sha256' || bits.length === 0 || !Number.isInteger(json.hashes) || json.hashes < 1) {
      throw new Error('a filter must be of kind bloom-sha256, with hashes and bits');
    }
    return new IdentityFilter(bits, json.hashes);
  }

  private constructor(private readonly bits: Buffer, private readonly hashes: number) {}

  /** False when the entry is certainly not there. */
  public mayHold(entry: string): boolean {
    return this.forEachBit(entry, (byte, mask) => (this.bits[byte] & mask) !== 0);
  }

  public toJSON(): FilterJson {
    return { kind: 'bloom-sha256', hashes: this.hashes, bits: this.bits.toString('base64') };
  }

  /** Visits the bits of an entry until one visit answers false. */
  private forEachBit(entry: string, visit: (byte: number, mask: number) => boolean): boolean {
    const digest = hash('sha256', entry, 'buffer');
    const size = this.bits.length * 8;
    const step = Number(digest.readBigUInt64BE(8) % BigInt(size));
    let position = Number(digest.readBigUInt64BE(0) % BigInt(size));
    for (let index = 0; index < this.hashes; index++) {
      if (!visit(position >> 3, 1 << (position & 7))) {
        return false;
      }
      position = (position + step) % size;
    }
    return true;
  }
}

/** Entry of everything of a merchant. */
export function merchantEntry(merchantId: string): string {
  return merchantId;
}

/** Entry of one key of a merchant. No identifier holds a line break, so that no other pair has the same entry. */
export function identityEntry(merchantId: string, idempotencyKey: string): string {
  return `${merchantId}\n${idempotencyKey}`;
}
