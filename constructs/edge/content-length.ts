/**
 * A pattern of the whole numbers above a bound, in digits. A web ACL compares texts and the length of texts, and no numbers.
 *
 * @param bound a whole number, 0 or more.
 */
export function greaterThanPattern(bound: number): string {
  const digits = String(bound);
  const longer = `[1-9][0-9]{${digits.length},}`;
  const larger = [...digits].flatMap((digit, index) => {
    const rest = digits.length - index - 1;
    const above = Number(digit) + 1;
    return above > Number('9') ? [] : [`${digits.slice(0, index)}${range(above)}${rest === 0 ? '' : `[0-9]{${rest}}`}`];
  });
  return `^0*(${[longer, ...larger].join('|')})$`;
}

/** The digits from one on. */
function range(from: number): string {
  return String(from) === '9' ? '9' : `[${from}-9]`;
}
