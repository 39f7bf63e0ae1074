import fc from 'fast-check';
import { evenRanges, formatHashKey, hashKeyOf, MAXIMUM_HASH_KEY, nextHashKey, parseHashKey, previousHashKey } from '../../../../local/engines/stream/hash-key';
import { SequenceNumbers } from '../../../../local/engines/stream/sequence-number';

const MAXIMUM = 340282366920938463463374607431768211455n;

describe('hash keys', () => {
  it('are the MD5 of the partition key', () => {
    expect(hashKeyOf('')).toBe('d41d8cd98f00b204e9800998ecf8427e');
    expect(hashKeyOf('message digest')).toBe('f96b697d7cb7938d525a2f31aaf161d0');
    expect(hashKeyOf('käse')).toBe(hashKeyOf(Buffer.from('käse').toString()));
  });

  it('compare as text like the numbers they stand for', () => {
    fc.assert(fc.property(fc.bigInt({ min: 0n, max: MAXIMUM }), fc.bigInt({ min: 0n, max: MAXIMUM }), (a, b) => {
      const [first, second] = [parseHashKey(String(a))!, parseHashKey(String(b))!];
      expect(first < second).toBe(a < b);
      expect(formatHashKey(first)).toBe(String(a));
    }));
  });

  it.each(['-1', '01', 'x', '', '1.5', String(MAXIMUM + 1n), '9'.repeat(60)])('refuse %s as decimal notation', (text) => {
    expect(parseHashKey(text)).toBeUndefined();
  });

  it('cover the whole space without a gap when it is cut evenly', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 500 }), (count) => {
      const ranges = evenRanges(count);
      expect([ranges[0].start, ranges[count - 1].end]).toEqual(['0'.repeat(32), MAXIMUM_HASH_KEY]);
      ranges.slice(1).forEach((range, index) => {
        expect(range.start).toBe(nextHashKey(ranges[index].end));
        expect(previousHashKey(range.start)).toBe(ranges[index].end);
      });
    }));
    expect(nextHashKey(MAXIMUM_HASH_KEY)).toBeUndefined();
  });
});

describe('sequence numbers', () => {
  const numbers = new SequenceNumbers(1_800_000_000_000, 3);

  it('are 56 digits, grow with the counter, and are read back by their own shard only', () => {
    fc.assert(fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (a, b) => {
      expect(numbers.format(a)).toMatch(/^49\d{54}$/);
      expect(numbers.format(a) < numbers.format(b)).toBe(a < b);
      expect(numbers.parse(numbers.format(a))).toBe(a);
      expect(new SequenceNumbers(1_800_000_000_000, 4).parse(numbers.format(a))).toBeUndefined();
    }));
    expect(numbers.parse('49')).toBeUndefined();
  });
});
