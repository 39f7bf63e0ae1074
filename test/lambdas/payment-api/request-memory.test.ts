import fc from 'fast-check';
import { RequestMemory } from '../../../lambdas/payment-api/request-memory';

/** Few keys, so that they come again, and keys that begin alike. */
const key = fc.oneof(fc.constantFrom('', 'a', 'ab', 'b', 'ba', 'a\0b', '\u00e9', '\u{1F600}'), fc.string({ unit: 'binary', maxLength: 130 }));
/** Keys of one hash, and others: those must be told apart all the same. */
const hashOf = (text: string): number => (text.length % 3 === 0 ? 7 : Buffer.byteLength(text) * 0x9e3779b1 | 0);
/** A key is what the bytes begin with. */
const bytesOf = (text: string): Buffer => Buffer.from(`${text} and more`);
const lengthOf = (text: string): number => Buffer.byteLength(text);
const get = (memory: RequestMemory, text: string): number | undefined => memory.get(hashOf(text), bytesOf(text), lengthOf(text));
const add = (memory: RequestMemory, text: string, value: number): void => memory.addIfAbsent(hashOf(text), bytesOf(text), lengthOf(text), value);

describe('RequestMemory', () => {
  it('keeps the keys set last like a map, and knows no other', () => {
    const additions = fc.array(fc.tuple(key, fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })), { maxLength: 100 });
    fc.assert(fc.property(fc.integer({ min: 1, max: 20 }), additions, key, (capacity, pairs, other) => {
      const memory = new RequestMemory(capacity);
      const added: [string, number][] = [];
      for (const [text, value] of pairs) {
        // It only reads: nothing is found or lost by it.
        memory.approach(pairs.map(([name]) => hashOf(name)));
        const before = get(memory, text);
        const entry = [...added].reverse().find(([name]) => name === text);
        expect(before === undefined || before === entry?.[1]).toBe(true);
        // The first of a key stays for as long as it is remembered.
        add(memory, text, value);
        if (before === undefined) {
          added.push([text, value]);
        }
        for (const [recent, kept] of added.slice(-capacity)) {
          expect(get(memory, recent)).toBe(kept);
        }
      }
      if (!added.some(([name]) => name === other)) {
        expect(get(memory, other)).toBeUndefined();
      }
    }), { numRuns: 200 });
  });

  it('forgets what came before the last two generations', () => {
    const memory = new RequestMemory(10);
    for (let index = 0; index < 21; index++) {
      add(memory, `k${index}`, index);
    }
    const known = Array.from({ length: 21 }, (_, index) => get(memory, `k${index}`));
    expect(known).toEqual([...Array.from({ length: 10 }, () => undefined), ...Array.from({ length: 11 }, (_, index) => 10 + index)]);
  });
});
