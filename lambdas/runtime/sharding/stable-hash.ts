const FNV_OFFSET_BASIS = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/**
 * A stable, well mixed 32-bit hash of a text: FNV-1a over its UTF-8 bytes, then the finalizer of MurmurHash3.
 *
 * FNV-1a alone leaves the low bits of similar texts alike, and buckets are taken from the low bits; the finalizer
 * lets every input bit reach every output bit. Stored keys depend on this function: it must never change.
 * Test vectors: `''` -> 0xab3e7c0b, `'a'` -> 0x1a80b1b3, `'merchant-1'` -> 0x681f922f.
 */
export function stableHash(text: string): number {
  let hash = FNV_OFFSET_BASIS;
  for (let index = 0; index < text.length; index++) {
    let unit = text.charCodeAt(index);
    if (unit < 0x80) {
      hash = Math.imul(hash ^ unit, FNV_PRIME);
      continue;
    }
    if (unit < 0x800) {
      hash = Math.imul(hash ^ (0xc0 | (unit >>> 6)), FNV_PRIME);
    } else {
      if ((unit & 0xfc00) === 0xd800) {
        // A surrogate pair is one code point of four bytes.
        unit = 0x10000 + ((unit & 0x3ff) << 10) + (text.charCodeAt(++index) & 0x3ff);
        hash = Math.imul(hash ^ (0xf0 | (unit >>> 18)), FNV_PRIME);
        hash = Math.imul(hash ^ (0x80 | ((unit >>> 12) & 0x3f)), FNV_PRIME);
      } else {
        hash = Math.imul(hash ^ (0xe0 | (unit >>> 12)), FNV_PRIME);
      }
      hash = Math.imul(hash ^ (0x80 | ((unit >>> 6) & 0x3f)), FNV_PRIME);
    }
    hash = Math.imul(hash ^ (0x80 | (unit & 0x3f)), FNV_PRIME);
  }
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  hash ^= hash >>> 16;
  return hash >>> 0;
}
