import fc from 'fast-check';
import { KeyedHash } from '../../../lambdas/payment-api/keyed-hash';

/**
 * Of the first 0, 1, 2 … of the bytes 0, 1, 2 … under the key 00 01 02 … 07. Source: the Linux kernel, lib/test_siphash.c,
 * `test_vectors_hsiphash` of 32 bits.
 */
const VECTORS = [
  0x5814c896, 0xe7e864ca, 0xbc4b0e30, 0x01539939, 0x7e059ea6, 0x88e3d89b, 0xa0080b65, 0x9d38d9d6, 0x577999b1, 0xc839caed, 0xe4fa32cf, 0x959246ee,
  0x6b28096c, 0x66dd9cd6, 0x16658a7c, 0xd0257b04, 0x8b31d501, 0x2b1cd04b, 0x06712339, 0x522aca67, 0x911bb605, 0x90a65f0e, 0xf826ef7b, 0x62512deb,
];
const BYTES = Uint8Array.from(VECTORS, (_, index) => index);

describe('KeyedHash', () => {
  it('is HalfSipHash-1-3', () => {
    const hash = new KeyedHash(0x03020100, 0x07060504);
    expect(VECTORS.map((_, length) => hash.of(BYTES, 0, length) >>> 0)).toEqual(VECTORS);
  });

  it('is of the bytes, wherever they lie, and another under another key or with a tweak', () => {
    const int = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
    fc.assert(fc.property(int, int, fc.uint8Array({ maxLength: 40 }), fc.nat(10), (low, high, bytes, before) => {
      const hash = new KeyedHash(low, high);
      const moved = Uint8Array.from([...BYTES.subarray(0, before), ...bytes, 9]);
      const own = hash.of(bytes, 0, bytes.length);
      expect(hash.of(moved, before, before + bytes.length)).toBe(own);
      expect(own).toBe(own | 0);
      expect(hash.of(bytes, 0, bytes.length, 1)).toBe(new KeyedHash(low ^ 1, high).of(bytes, 0, bytes.length));
      expect(hash.of(bytes, 0, bytes.length, 1)).not.toBe(own);
    }), { numRuns: 200 });
  });
});
