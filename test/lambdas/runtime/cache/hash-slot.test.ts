import calculateSlot from '@redis/client/dist/lib/utils/calculate-slot';
import fc from 'fast-check';
import { hashSlot } from '../../../../lambdas/runtime/cache/hash-slot';

describe('hashSlot', () => {
  it.each([['123456789', 0x31c3], ['', 0], ['{user1000}.following', 3443], ['{user1000}.followers', 3443], ['foo{}{bar}', 8363], ['foo{{bar}}zap', 4015]])(
    'of %j is %i', (key, slot) => {
      expect(hashSlot(key)).toBe(slot % 16_384);
    },
  );

  it('is what the client library makes of any key', () => {
    const text = fc.string({ unit: fc.constantFrom(...'ab{}:#', '\u{1F600}', 'é') });
    fc.assert(fc.property(fc.oneof(text, fc.string({ unit: 'grapheme' })), (key) => {
      expect(hashSlot(key)).toBe(calculateSlot(key));
    }));
  });
});
