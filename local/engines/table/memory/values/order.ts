import type { AttributeValue } from '../../attribute-value';
import { compareNumbers } from './decimal';

/** Types that have an order. */
export type OrderedType = 'S' | 'N' | 'B';

/** Compares two texts of one type: strings by their UTF-8 bytes, numbers by value, binary values by their bytes. */
export function compareTexts(type: OrderedType, left: string, right: string): number {
  switch (type) {
    case 'S':
      return compareStrings(left, right);
    case 'N':
      return compareNumbers(left, right);
    case 'B':
      return Buffer.compare(Buffer.from(left, 'base64'), Buffer.from(right, 'base64'));
  }
}

/** The type of a value if it has an order. */
export function orderedType(value: AttributeValue): OrderedType | undefined {
  return value.S !== undefined ? 'S' : value.N !== undefined ? 'N' : value.B !== undefined ? 'B' : undefined;
}

/** Order of two values; undefined where they have none, because of their types. */
export function compareValues(left: AttributeValue, right: AttributeValue): number | undefined {
  const type = orderedType(left);
  return type === undefined || type !== orderedType(right) ? undefined : compareTexts(type, left[type] as string, right[type] as string);
}

function compareStrings(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const first = left.charCodeAt(index);
    const second = right.charCodeAt(index);
    if (first !== second) {
      return codePointRank(first) - codePointRank(second);
    }
  }
  return left.length - right.length;
}

/** Puts surrogates, which stand for code points above U+FFFF, behind all other code units. */
function codePointRank(unit: number): number {
  return unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
