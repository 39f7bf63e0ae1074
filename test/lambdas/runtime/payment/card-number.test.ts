import fc from 'fast-check';
import { containsCardNumber } from '../../../../lambdas/runtime/payment/card-number';

// Many cases, or whole processes, on a machine that may be busy.
jest.setTimeout(30_000);

const LENGTHS: Readonly<Record<string, readonly number[]>> = { 2: [16], 5: [16], 3: [14, 15, 16], 4: [13, 16, 19], 6: [16, 17, 18, 19] };

/** Sum of the Luhn formula: digits as they are and doubled in turn, from the right. */
function luhnSum(digits: string, doubleLast: boolean): number {
  const values = [...digits].reverse().map((digit, index) => Number(digit) * ((index % 2 === 1) === doubleLast ? 1 : 2));
  return values.reduce((sum, value) => sum + (value > 9 ? value - 9 : value), 0);
}

/** The rule once more, as slow and plain as possible: every span of the text is asked. */
function isCardNumber(text: string): boolean {
  for (let start = 0; start < text.length; start++) {
    for (let end = start + 13; end <= Math.min(text.length, start + 37); end++) {
      const span = text.slice(start, end);
      const digits = span.replace(/[ -]/g, '');
      if (/^\d([ -]?\d){12,18}$/.test(span) && !/[\p{L}\p{Nd}]$/u.test(text.slice(0, start)) && !/^[\p{L}\p{Nd}]/u.test(text.slice(end))
        && LENGTHS[digits[0]]?.includes(digits.length) && luhnSum(digits, false) % 10 === 0) {
        return true;
      }
    }
  }
  return false;
}

/** Digits with a right check digit. */
const cardDigits = fc.tuple(fc.constantFrom('2', '3', '4', '5', '6', '1', '9'), fc.stringMatching(/^\d{11,19}$/))
  .map(([first, rest]) => first + rest + String((10 - (luhnSum(first + rest, true) % 10)) % 10));

/** Pieces between which digits may or may not still belong together. */
const piece = fc.constantFrom('', '', ' ', '-', '  ', ' -', 'a', 'é', '1', '٣', '_', ':', '\u{1D400}', '\u{1F600}');

describe('containsCardNumber', () => {
  it.each([
    '4111111111111111', '4111 1111 1111 1111', '4111-1111-1111-1111', '4111 1111-1111 1111', '4-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1', '4222222222222',
    '5555555555554444', '2223003122003222', '378282246310005', '30569309025904', '6011111111111117', 'card: 4111111111111111.', 'tok_4111111111111111',
    '12 4111 1111 1111 1111 12/29', '\u{1F600}4111111111111111\u{1F600}', '4111111111111111\n', '1 4111111111111111',
  ])('finds one in %j', (text) => {
    expect(containsCardNumber(text)).toBe(true);
    expect(isCardNumber(text)).toBe(true);
  });

  it.each([
    '4111111111111112', '411111111111111', '41111111111111111', 'a4111111111111111', '4111111111111111a', 'é4111111111111111', '4111  1111 1111 1111',
    '4111--1111-1111-1111', '4111.1111.1111.1111', '4111_1111_1111_1111', '1111111111111117', '9999999999999995', '', '4111', '٤١١١١١١١١١١١١١١١',
    '\u{1D400}4111111111111111', '4111111111111111\u{1D400}', '00000000-0000-4000-8000-000000000000x', '1700000000000',
  ])('finds none in %j', (text) => {
    expect(containsCardNumber(text)).toBe(false);
    expect(isCardNumber(text)).toBe(false);
  });

  it('follows the rule for numbers in any form and company', () => {
    const separated = fc.tuple(cardDigits, fc.infiniteStream(fc.constantFrom('', '', '', '', ' ', '-')), piece, piece, piece)
      .map(([digits, separators, before, inside, after]) => {
        const middle = Math.floor(digits.length / 2);
        const separator = [...separators.take(digits.length)];
        return before + [...digits].map((digit, index) => digit + separator[index] + (index === middle ? inside : '')).join('') + after;
      });
    let found = 0;
    fc.assert(fc.property(separated, (text) => {
      const expected = isCardNumber(text);
      found += expected ? 1 : 0;
      expect(containsCardNumber(text)).toBe(expected);
    }), { numRuns: 800 });
    expect(found).toBeGreaterThan(3);
  });

  it('follows the rule for texts of digits and separators', () => {
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom('4', '1', '1', '5', '0', '3', ' ', '-', 'x'), maxLength: 45 }), (text) => {
      expect(containsCardNumber(text)).toBe(isCardNumber(text));
    }), { numRuns: 800 });
  });
});
