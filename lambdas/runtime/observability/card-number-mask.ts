import { containsCardNumber } from '../payment/card-number';

/** Digits with single spaces or dashes between them, not part of a longer run of letters or digits. */
const DIGIT_RUN = /(?<![\p{L}\p{Nd}])\d(?:[ -]?\d){12,}(?![\p{L}\p{Nd}])/gu;

const MINIMUM_DIGITS = 13;
const MAXIMUM_DIGITS = 19;
const KEPT_DIGITS = 4;

/**
 * Masks what looks like a payment card number (13 to 19 digits, Luhn true) up to its last four digits: `************1111`.
 *
 * Meant for log lines, so it errs on the side of masking: it also finds a card number among other groups of digits.
 */
export function maskCardNumbers(text: string): string {
  // Most texts have not even thirteen characters that could be digits.
  return text.length < MINIMUM_DIGITS ? text : text.replace(DIGIT_RUN, maskRun);
}

/** Looks at every span of whole digit groups of a run, the longest first. */
function maskRun(run: string): string {
  const groups = run.split(/([ -])/);
  for (let start = 0; start < groups.length; start += 2) {
    for (let end = groups.length; end > start; end -= 2) {
      const digits = groups.slice(start, end).filter((_, index) => index % 2 === 0).join('');
      if (digits.length >= MINIMUM_DIGITS && digits.length <= MAXIMUM_DIGITS && containsCardNumber(digits)) {
        const masked = '*'.repeat(digits.length - KEPT_DIGITS) + digits.slice(-KEPT_DIGITS);
        // The digits that stay can make another number with those behind them.
        return groups.slice(0, start).join('') + maskCardNumbers(masked + groups.slice(end).join(''));
      }
    }
  }
  return run;
}
