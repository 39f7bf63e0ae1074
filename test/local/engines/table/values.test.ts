import fc from 'fast-check';
import { equalItems, equalValues, type Item } from '../../../../local/engines/table/attribute-value';
import { canonicalNumber } from '../../../../local/engines/table/canonical-number';
import { imageOf } from '../../../../local/engines/table/item-image';
import { stableHash } from '../../../../local/engines/table/stable-hash';

describe('canonical number', () => {
  it.each([
    ['0', '0'], ['-0', '0'], ['0.00', '0'], ['00012.500', '12.5'], ['+5', '5'], ['-1.50', '-1.5'], ['.5', '0.5'], ['5.', '5'],
    ['1E+3', '1000'], ['1e-5', '0.00001'], ['12.34e1', '123.4'], ['123456789012345678901234567890', '123456789012345678901234567890'],
    ['no number', 'no number'], ['', ''], ['1e999999999', '1e999999999'],
  ])('of %s is %s', (text, canonical) => {
    expect(canonicalNumber(text)).toBe(canonical);
  });

  it('keeps the value and is its own canonical form', () => {
    fc.assert(fc.property(fc.integer({ min: -1e9, max: 1e9 }), fc.integer({ min: -8, max: 8 }), (digits, exponent) => {
      const text = canonicalNumber(`${digits}e${exponent}`);
      expect(Number(text)).toBe(Number(`${digits}e${exponent}`) + 0);
      expect(canonicalNumber(text)).toBe(text);
      expect(text).not.toMatch(/^-?0\d|\.\d*0$|[eE+]/);
    }));
  });
});

describe('equal values', () => {
  it('compares numbers by value and sets and maps without order', () => {
    const left: Item = { n: { N: '1.0' }, s: { SS: ['a', 'b'] }, ns: { NS: ['1', '2'] }, m: { M: { x: { S: '1' }, y: { NULL: true } } } };
    const right: Item = { m: { M: { y: { NULL: true }, x: { S: '1' } } }, ns: { NS: ['2.0', '1'] }, s: { SS: ['b', 'a'] }, n: { N: '1' } };
    expect(equalItems(left, right)).toBe(true);
  });

  it.each([
    [{ S: '1' }, { N: '1' }], [{ S: 'a' }, { S: 'b' }], [{ L: [{ S: 'a' }, { S: 'b' }] }, { L: [{ S: 'b' }, { S: 'a' }] }],
    [{ BOOL: true }, { BOOL: false }], [{ SS: ['a'] }, { SS: ['a', 'b'] }], [{ NULL: true }, { BOOL: true }], [{ B: 'AA==' }, { B: 'AQ==' }],
    [{ M: {} }, { L: [] }], [{ NS: ['1'] }, { SS: ['1'] }], [{ BS: ['AA=='] }, { BS: ['AQ=='] }],
  ])('tells %j from %j', (left, right) => {
    expect(equalValues(left, right)).toBe(false);
    expect(equalValues(right, left)).toBe(false);
    expect(equalValues(left, { ...left })).toBe(true);
  });

  it('tells an item with another attribute, and one that is not there', () => {
    expect(equalItems({ a: { S: '1' } }, { a: { S: '1' }, b: { S: '1' } })).toBe(false);
    expect(equalItems({ a: { S: '1' } }, { b: { S: '1' } })).toBe(false);
    expect(equalItems({}, undefined)).toBe(false);
    expect(equalItems(undefined, undefined)).toBe(true);
  });
});

describe('item image', () => {
  const item: Item = {
    'pk': { S: 'é"\n' }, 'n': { N: '0012.50' }, 'b': { B: 'AAEC' }, 't': { BOOL: true }, 'x': { NULL: true }, 'ss': { SS: ['a', 'bc'] },
    'ns': { NS: ['1.0', '22'] }, 'bs': { BS: ['AA=='] }, 'l': { L: [{ S: 'a' }, { L: [] }] }, 'm': { M: { k: { S: 'v' } } }, 'em': { M: {} },
  };

  it('is the JSON of the item with canonical numbers', () => {
    expect(JSON.parse(imageOf(item).json)).toEqual({ ...item, n: { N: '12.5' }, ns: { NS: ['1', '22'] } });
    expect(imageOf({}).json).toBe('{}');
  });

  it('counts bytes as DynamoDB does', () => {
    expect(imageOf({ pk: { S: 'é"\n' } }).bytes).toBe(2 + 4);
    expect(imageOf({ n: { N: '1234' } }).bytes).toBe(1 + 3);
    expect(imageOf({ b: { B: 'AAEC' }, t: { BOOL: true } }).bytes).toBe(1 + 3 + 1 + 1);
    expect(imageOf({ l: { L: [{ S: 'ab' }] } }).bytes).toBe(1 + 3 + 1 + 2);
    expect(imageOf({ m: { M: { k: { S: 'ab' } } } }).bytes).toBe(1 + 3 + 1 + 1 + 2);
    expect(imageOf({ s: { SS: ['ab', 'c'] } }).bytes).toBe(1 + 3);
  });

  it.each([[{ S: 1 }], [{}], [null], [{ L: [null] }], [{ SS: [1] }], ['text']])('refuses %j, which is no value', (value) => {
    expect(() => imageOf({ a: value } as never)).toThrow('An attribute value is not of the form');
  });
});

describe('stable hash', () => {
  it('is the same everywhere and always', () => {
    expect([stableHash('', 0), stableHash('merchant-1#0', 1), stableHash('merchant-1#0', 2), stableHash('é😀', 1)]).toEqual([0, 2410826221, 4163141633, 1476493417]);
  });

  it('spreads keys evenly, and independently for different seeds', () => {
    const counts = new Map<string, number>();
    for (let index = 0; index < 16_000; index++) {
      const cell = `${stableHash(`merchant-${index}#0`, 1) % 4}/${stableHash(`merchant-${index}#0`, 2) % 4}`;
      counts.set(cell, (counts.get(cell) ?? 0) + 1);
    }
    expect(counts.size).toBe(16);
    expect(Math.min(...counts.values())).toBeGreaterThan(850);
    expect(Math.max(...counts.values())).toBeLessThan(1_150);
  });
});
