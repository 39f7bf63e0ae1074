import fc from 'fast-check';
import { fingerprintOf } from '../../../local/checker/fingerprint';
import type { SentEntry, SentPayment } from '../../../local/load/outcome';

const text = fc.oneof(fc.constantFrom('', 'a', 'aa', 'b', 'undefined'), fc.string({ maxLength: 6 }));
const optional = fc.option(text, { nil: undefined });
const common = { merchantId: fc.constant('m'), idempotencyKey: fc.constant('k'), amount: fc.integer({ min: 1, max: 1e12 }), currency: text };
const entry = fc.oneof(
  fc.record({ ...common, payerId: text, type: fc.constantFrom('payment', 'refund'), refundOf: optional, token: optional }),
  fc.record({ ...common, type: fc.constantFrom('hold', 'release', 'settle'), holdOf: optional, reason: optional }),
) as fc.Arbitrary<SentEntry>;
const base: SentPayment = { merchantId: 'm', idempotencyKey: 'k', payerId: 'p', amount: 100, currency: 'EUR', type: 'payment', token: 't' };

describe('a fingerprint', () => {
  it('is the same for the same fields and another one for others', () => {
    const fieldsOf = (of: SentEntry): string => JSON.stringify({ ...of });
    fc.assert(fc.property(entry, entry, (one, other) => {
      expect(fingerprintOf({ ...one })).toBe(fingerprintOf(one));
      expect(fingerprintOf(one) === fingerprintOf(other)).toBe(fieldsOf(one) === fieldsOf(other));
    }), { numRuns: 500 });
  });

  it('keeps neighbouring fields apart', () => {
    expect(fingerprintOf({ ...base, payerId: 'ab', token: 'c' })).not.toBe(fingerprintOf({ ...base, payerId: 'a', token: 'bc' }));
    expect(fingerprintOf({ ...base, refundOf: 'x', token: undefined })).not.toBe(fingerprintOf({ ...base, refundOf: undefined, token: 'x' }));
    expect(fingerprintOf({ ...base, token: '' })).not.toBe(fingerprintOf({ ...base, token: undefined }));
  });

  it('has 48 bits, all of them in use and none more often set than not', () => {
    const ones = new Array<number>(48).fill(0);
    const prints = new Set<number>();
    for (let amount = 1; amount <= 20_000; amount++) {
      const print = fingerprintOf({ ...base, amount });
      prints.add(print);
      for (let bit = 0; bit < 48; bit++) {
        ones[bit] += Math.floor(print / 2 ** bit) % 2;
      }
    }
    expect(prints.size).toBe(20_000);
    expect([...prints].every((print) => Number.isSafeInteger(print) && print >= 0 && print < 2 ** 48)).toBe(true);
    // Five standard deviations of 20,000 tosses of a coin.
    expect(ones.filter((count) => Math.abs(count - 10_000) > 5 * Math.sqrt(5_000))).toEqual([]);
    // Of 20,000 random numbers of 24 bits some twelve come twice.
    expect(new Set([...prints].map((print) => Math.floor(print / 2 ** 24))).size).toBeGreaterThan(19_950);
    expect(new Set([...prints].map((print) => print % 2 ** 24)).size).toBeGreaterThan(19_950);
  });
});
