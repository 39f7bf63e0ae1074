const PLAIN_INTEGER = /^(?:0|-?[1-9]\d{0,37})$/;
const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;

/**
 * The form in which a number is stored: plain decimal without sign of zero, leading or trailing zeros, or exponent.
 *
 * @param text a number as clients send it, such as `1.50`, `+5` or `1E+3`.
 * @returns the canonical form; text that is no number comes back unchanged, because refusing it is the engine's part.
 */
export function canonicalNumber(text: string): string {
  if (PLAIN_INTEGER.test(text)) {
    return text;
  }
  const match = DECIMAL.exec(text);
  const exponent = Number(match?.[4] ?? 0);
  // Beyond these exponents no engine stores the number; the bound keeps a hostile one from filling the memory with zeros.
  if (!match || (!match[2] && !match[3]) || Math.abs(exponent) > 200) {
    return text;
  }
  const whole = match[2];
  const fraction = match[3] ?? '';
  const digits = whole + fraction;
  const point = whole.length + exponent;
  const integerPart = (point > 0 ? digits.slice(0, point).padEnd(point, '0') : '').replace(/^0+/, '');
  const fractionPart = (point > 0 ? digits.slice(point) : '0'.repeat(-point) + digits).replace(/0+$/, '');
  const magnitude = fractionPart ? `${integerPart || '0'}.${fractionPart}` : integerPart || '0';
  return match[1] === '-' && magnitude !== '0' ? `-${magnitude}` : magnitude;
}
