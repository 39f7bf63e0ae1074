/**
 * HalfSipHash-1-3 under a secret key: a hash of 32 bits for tables whose keys others choose. Without the key nobody can make many of them meet in one
 * place, which a hash that is only seeded, such as FNV or MurmurHash, does not keep from.
 *
 * Source: J.-P. Aumasson and D. J. Bernstein, SipHash: a fast short-input PRF, 2012; the variant of 32 bits is that of the Linux kernel
 * (`hsiphash`), docs.kernel.org/security/siphash.html.
 */
export class KeyedHash {
  /**
   * @param low first half of the key, an integer of 32 bits
   * @param high second half of the key, an integer of 32 bits
   */
  public constructor(private readonly low: number, private readonly high: number) {}

  /**
   * A hash of the bytes from `start` to before `end`, as a signed integer of 32 bits.
   *
   * @param tweak makes another hash of the same bytes: to go on with the hash of other bytes. @default 0
   */
  public of(bytes: Uint8Array, start: number, end: number, tweak = 0): number {
    const low = this.low ^ tweak;
    let v0 = low;
    let v1 = this.high;
    let v2 = 0x6c796765 ^ low;
    let v3 = 0x74656462 ^ this.high;
    const words = (end - start) >> 2;
    let position = start;
    // One round for each word, one for the bytes that are left over and the length, and three to finish.
    for (let round = 0; round < words + 4; round++) {
      let word = 0;
      if (round < words) {
        word = bytes[position] | bytes[position + 1] << 8 | bytes[position + 2] << 16 | bytes[position + 3] << 24;
        position += 4;
      } else if (round === words) {
        word = (end - start) << 24;
        for (let shift = 0; position < end; shift += 8) {
          word |= bytes[position++] << shift;
        }
      } else if (round === words + 1) {
        v2 ^= 0xff;
      }
      v3 ^= word;
      v0 = v0 + v1 | 0;
      v1 = (v1 << 5 | v1 >>> 27) ^ v0;
      v0 = v0 << 16 | v0 >>> 16;
      v2 = v2 + v3 | 0;
      v3 = (v3 << 8 | v3 >>> 24) ^ v2;
      v0 = v0 + v3 | 0;
      v3 = (v3 << 7 | v3 >>> 25) ^ v0;
      v2 = v2 + v1 | 0;
      v1 = (v1 << 13 | v1 >>> 19) ^ v2;
      v2 = v2 << 16 | v2 >>> 16;
      v0 ^= word;
    }
    return v1 ^ v3;
  }
}
