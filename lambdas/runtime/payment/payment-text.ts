/** Longest id, key or token, in code points. */
export const MAXIMUM_TEXT_LENGTH = 64;

/** Controls, surrogates, private use, unassigned code points and the separators of lines and paragraphs. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/u;

/**
 * Whether a text may be an id, a key or a token: 1 to 64 code points of printable Unicode. It is taken as it is, never normalized.
 * Which code points are assigned is decided by the Unicode version of the JavaScript engine.
 */
export function isPaymentText(text: string): boolean {
  const length = text.length;
  for (let index = 0; index < length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x20 || unit > 0x7e) {
      return length <= 2 * MAXIMUM_TEXT_LENGTH && !UNPRINTABLE.test(text) && codePoints(text) <= MAXIMUM_TEXT_LENGTH;
    }
  }
  return length >= 1 && length <= MAXIMUM_TEXT_LENGTH;
}

function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) {
    count++;
  }
  return count;
}
