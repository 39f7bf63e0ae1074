/**
 * A JSON value as `readJson` gives it. Plain integers of up to 15 digits are numbers; every other number keeps its
 * literal, so that nothing is rounded before somebody has looked at it.
 */
export type JsonValue = string | number | boolean | null | JsonNumber | JsonObject | readonly JsonValue[];

/** Steps from the root of a document to a value: member names and array indexes. */
export type JsonPath = readonly (string | number)[];

/** A number with a fraction, an exponent or more than 15 digits, as it was written. */
export class JsonNumber {
  public constructor(public readonly literal: string) {}
}

/** An object: its members in the order of the document, with those of equal name all kept. */
export class JsonObject {
  /**
   * @param start byte position of the opening brace
   * @param end byte position after the closing brace
   * @param isPlain whether every text of it that is a value, not those deeper in it, is printable ASCII and was written without escapes
   */
  public constructor(
    public readonly names: readonly string[],
    public readonly values: readonly JsonValue[],
    public readonly start: number,
    public readonly end: number,
    public readonly isPlain: boolean,
  ) {}

  /** Value of the first member of that name. */
  public get(name: string): JsonValue | undefined {
    const { names } = this;
    for (let index = 0; index < names.length; index++) {
      if (names[index] === name) {
        return this.values[index];
      }
    }
    return undefined;
  }

  /** Length in bytes of the object as it was written, braces included. */
  public get byteLength(): number {
    return this.end - this.start;
  }
}

/** Largest count of digits with which an integer is exact as a number whatever its digits are. */
export const EXACT_DIGITS = 15;

const NUMBER_PARTS = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/**
 * The exact integer that a value denotes: 12, 12.0 and 1.2e1 are 12.
 *
 * @returns undefined for what is no number or has a fractional part; an infinity of its sign for an integer beyond 2^53 - 1
 */
export function integerOf(value: JsonValue | undefined): number | undefined {
  if (typeof value === 'number') {
    return value;
  }
  const parts = value instanceof JsonNumber ? NUMBER_PARTS.exec(value.literal) : null;
  if (parts === null) {
    return undefined;
  }
  const [, sign, whole, fraction = '', exponent = '0'] = parts;
  const digits = whole + fraction;
  let first = 0;
  while (first < digits.length && digits[first] === '0') {
    first++;
  }
  if (first === digits.length) {
    return 0;
  }
  let last = digits.length;
  while (digits[last - 1] === '0') {
    last--;
  }
  // The value is digits[first..last) followed by `zeros` zeros; the exponent decides without ever being written out.
  const zeros = Number(exponent) - fraction.length + (digits.length - last);
  if (zeros < 0) {
    return undefined;
  }
  const magnitude = last - first + zeros > 16 ? Infinity : Number(digits.slice(first, last) + '0'.repeat(zeros));
  const exact = Number.isSafeInteger(magnitude) ? magnitude : Infinity;
  return sign === '-' ? -exact : exact;
}
