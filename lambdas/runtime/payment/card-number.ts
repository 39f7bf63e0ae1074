/** A text with fewer digits holds no card number. */
export const FEWEST_DIGITS = 13;
const MOST_DIGITS = 19;

const SPACE = 0x20;
const DASH = 0x2d;

/** No network's numbers begin with another digit than 2 to 6. */
const LOWEST_FIRST_DIGIT = 0x32;
const HIGHEST_FIRST_DIGIT = 0x36;

const LETTER_OR_DIGIT = /[\p{L}\p{Nd}]/u;

/**
 * Whether a text holds what looks like a card number: 13 to 19 digits with at most one space or dash between two of
 * them, the first digit fitting their count, the Luhn check digit right, and no letter or digit directly before or after.
 *
 * It errs on the side of finding one: about one in ten texts of random digits of the right form passes the Luhn check.
 */
export function containsCardNumber(text: string): boolean {
  if (text.length < FEWEST_DIGITS) {
    return false;
  }
  let digits = 0;
  for (let index = 0; index < text.length; index++) {
    if (isDigit(text.charCodeAt(index))) {
      digits++;
    }
  }
  // Nearly every text ends here.
  return digits >= FEWEST_DIGITS && search(text);
}

function search(text: string): boolean {
  for (let start = 0; start <= text.length - FEWEST_DIGITS; start++) {
    const first = text.charCodeAt(start);
    if (first >= LOWEST_FIRST_DIGIT && first <= HIGHEST_FIRST_DIGIT && !isLetterOrDigitBefore(text, start) && startsCardNumber(text, start)) {
      return true;
    }
  }
  return false;
}

/** Follows the digits from `start` on and asks at each place where a number could end. */
function startsCardNumber(text: string, start: number): boolean {
  const digits: number[] = [];
  let position = start;
  while (digits.length < MOST_DIGITS) {
    digits.push(text.charCodeAt(position++) - 0x30);
    const next = text.charCodeAt(position);
    if (isDigit(next)) {
      continue;
    }
    if (fits(digits) && !isLetterOrDigitAt(text, position) && hasLuhnCheckDigit(digits)) {
      return true;
    }
    if ((next !== SPACE && next !== DASH) || !isDigit(text.charCodeAt(position + 1))) {
      return false;
    }
    position++;
  }
  // The nineteenth digit was followed by a digit.
  return false;
}

/** First digit and length, as the card networks assign them. */
function fits(digits: readonly number[]): boolean {
  const length = digits.length;
  switch (digits[0]) {
    case 2:
    case 5:
      return length === 16;
    case 3:
      return length >= 14 && length <= 16;
    case 4:
      return length === 13 || length === 16 || length === 19;
    case 6:
      return length >= 16 && length <= 19;
    default:
      return false;
  }
}

/** The check of ISO/IEC 7812-1: every second digit from the right is doubled, and all digits must sum up to a multiple of ten. */
function hasLuhnCheckDigit(digits: readonly number[]): boolean {
  let sum = 0;
  for (let index = digits.length - 1, double = false; index >= 0; index--, double = !double) {
    const digit = double ? digits[index] * 2 : digits[index];
    sum += digit > 9 ? digit - 9 : digit;
  }
  return sum % 10 === 0;
}

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}

function isLetterOrDigitAt(text: string, index: number): boolean {
  const codePoint = text.codePointAt(index);
  if (codePoint === undefined || codePoint < 0x80) {
    // Folding the case of ASCII letters takes other characters to no letter.
    const folded = (codePoint ?? 0) | 0x20;
    return (folded >= 0x61 && folded <= 0x7a) || isDigit(codePoint ?? 0);
  }
  return LETTER_OR_DIGIT.test(String.fromCodePoint(codePoint));
}

function isLetterOrDigitBefore(text: string, index: number): boolean {
  if (index === 0) {
    return false;
  }
  const isLowSurrogate = (text.charCodeAt(index - 1) & 0xfc00) === 0xdc00;
  return isLetterOrDigitAt(text, isLowSurrogate && index > 1 ? index - 2 : index - 1);
}
