import fc from 'fast-check';
import { stableHash } from '../../../../lambdas/runtime/sharding/stable-hash';

/** The definition, byte by byte, as slow as it reads. */
function reference(text: string): number {
  let hash = 0x811c9dc5n;
  for (const byte of Buffer.from(text, 'utf8')) {
    hash = ((hash ^ BigInt(byte)) * 0x01000193n) & 0xffffffffn;
  }
  hash ^= hash >> 16n;
  hash = (hash * 0x85ebca6bn) & 0xffffffffn;
  hash ^= hash >> 13n;
  hash = (hash * 0xc2b2ae35n) & 0xffffffffn;
  hash ^= hash >> 16n;
  return Number(hash);
}

describe('stableHash', () => {
  it.each([
    ['', 0xab3e7c0b],
    ['a', 0x1a80b1b3],
    ['merchant-1', 0x681f922f],
    ['ключ', 0x9aa1b562],
    ['支付', 0x00496c66],
    ['😀', 0x3303a80a],
  ])('of %j never changes, because stored keys depend on it', (text, hash) => {
    expect(stableHash(text)).toBe(hash);
  });

  it('is what its definition says, for any Unicode text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(stableHash(text)).toBe(reference(text));
    }));
  });

  it('spreads similar keys evenly', () => {
    const counts = new Array<number>(8).fill(0);
    for (let key = 0; key < 8_000; key++) {
      counts[stableHash(`order-${key}`) % 8]++;
    }
    // 1,000 expected each, standard deviation about 30.
    counts.forEach((count) => expect(Math.abs(count - 1_000)).toBeLessThan(150));
  });
});
