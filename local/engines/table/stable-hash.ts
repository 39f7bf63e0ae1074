/**
 * A stable 32-bit hash of a text: MurmurHash3's mixing over its UTF-16 code units.
 *
 * It is another function than the one that spreads keys over tables and buckets, and takes a seed for each use. With one and
 * the same hash, all keys of a table would fall into one shard of its stream.
 *
 * @returns an integer from 0 to 2^32 - 1.
 */
export function stableHash(text: string, seed: number): number {
  let hash = seed | 0;
  for (let index = 0; index < text.length; index++) {
    let unit = Math.imul(text.charCodeAt(index), 0xcc9e2d51);
    unit = Math.imul((unit << 15) | (unit >>> 17), 0x1b873593);
    hash ^= unit;
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
  }
  hash ^= text.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
