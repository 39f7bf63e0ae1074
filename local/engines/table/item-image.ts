import type { AttributeValue, Item } from './attribute-value';
import { canonicalNumber } from './canonical-number';

/** An item written once: as JSON for the stream, and its size as DynamoDB counts it for throughput. */
export interface ItemImage {
  readonly json: string;
  /** Bytes of names and values. */
  readonly bytes: number;
}

/** A value that is not of the protocol's form, such as `{"S": 12}`. */
export class InvalidAttributeValueError extends Error {
  readonly name = 'InvalidAttributeValueError';
}

/** What a list or map costs beside its elements, and each of its elements. */
const NESTED_BYTES = 3;
const NESTED_ELEMENT_BYTES = 1;

const LONGEST_LOOKED_AT = 128;
const FIRST_PRINTABLE = 0x20;
const LAST_PRINTABLE = 0x7e;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Writes images attribute by attribute, so that an insert of many items makes one string and no objects in between. Numbers are
 * written in their canonical form, as they come back from the table.
 */
export class ItemImageWriter {
  private json = '';
  private bytes = 0;

  /**
   * Adds an attribute.
   *
   * @param quotedName its name as a JSON string.
   * @param nameBytes length of the name in UTF-8.
   */
  public attribute(quotedName: string, nameBytes: number, value: AttributeValue): void {
    this.json += this.json ? `,${quotedName}:` : `{${quotedName}:`;
    this.bytes += nameBytes;
    this.value(value);
  }

  /** The image of what was added so far. */
  public finish(): ItemImage {
    return { json: this.json ? `${this.json}}` : '{}', bytes: this.bytes };
  }

  private value(value: AttributeValue): void {
    if (typeof value?.S === 'string') {
      const plain = isPlain(value.S);
      this.json += plain ? `{"S":"${value.S}"}` : `{"S":${JSON.stringify(value.S)}}`;
      this.bytes += plain ? value.S.length : Buffer.byteLength(value.S);
    } else if (typeof value?.N === 'string') {
      const number = canonicalNumber(value.N);
      this.json += isPlain(number) ? `{"N":"${number}"}` : `{"N":${JSON.stringify(number)}}`;
      this.bytes += numberBytes(number);
    } else if (typeof value?.BOOL === 'boolean' || typeof value?.NULL === 'boolean') {
      this.json += JSON.stringify(value);
      this.bytes += 1;
    } else if (typeof value?.B === 'string') {
      this.json += `{"B":${JSON.stringify(value.B)}}`;
      this.bytes += binaryBytes(value.B);
    } else if (typeof value?.M === 'object' && value.M !== null) {
      this.map(value.M);
    } else if (Array.isArray(value?.L)) {
      this.list(value.L);
    } else {
      this.set(value);
    }
  }

  private map(map: Item): void {
    let separator = '{"M":{';
    this.bytes += NESTED_BYTES;
    for (const [name, value] of Object.entries(map)) {
      this.json += `${separator}${JSON.stringify(name)}:`;
      this.bytes += Buffer.byteLength(name) + NESTED_ELEMENT_BYTES;
      this.value(value);
      separator = ',';
    }
    this.json += separator === ',' ? '}}' : '{"M":{}}';
  }

  private list(list: readonly AttributeValue[]): void {
    let separator = '{"L":[';
    this.bytes += NESTED_BYTES;
    for (const value of list) {
      this.json += separator;
      this.bytes += NESTED_ELEMENT_BYTES;
      this.value(value);
      separator = ',';
    }
    this.json += separator === ',' ? ']}' : '{"L":[]}';
  }

  private set(value: AttributeValue): void {
    const type = value?.SS ? 'SS' : value?.NS ? 'NS' : 'BS';
    const members = value?.[type];
    if (!Array.isArray(members) || members.some((member) => typeof member !== 'string')) {
      throw new InvalidAttributeValueError('An attribute value is not of the form {"TYPE": value}');
    }
    const stored: string[] = type === 'NS' ? members.map(canonicalNumber) : members;
    const sizeOf = type === 'SS' ? Buffer.byteLength : type === 'NS' ? numberBytes : binaryBytes;
    this.json += `{"${type}":${JSON.stringify(stored)}}`;
    this.bytes += stored.reduce((sum, member) => sum + sizeOf(member), 0);
  }
}

/** The image of a whole item. */
export function imageOf(item: Item): ItemImage {
  const writer = new ItemImageWriter();
  for (const [name, value] of Object.entries(item)) {
    writer.attribute(JSON.stringify(name), Buffer.byteLength(name), value);
  }
  return writer.finish();
}

/** Whether JSON writes a text as it is, a byte for each character. Most texts are short and so; looking is cheaper than writing them as JSON. */
function isPlain(text: string): boolean {
  if (text.length > LONGEST_LOOKED_AT) {
    return false;
  }
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < FIRST_PRINTABLE || code > LAST_PRINTABLE || code === QUOTE || code === BACKSLASH) {
      return false;
    }
  }
  return true;
}

/** One byte for two digits and one beside them; a minus sign is one more. */
function numberBytes(canonical: string): number {
  return ((canonical.length + 1) >> 1) + 1;
}

function binaryBytes(base64: string): number {
  return Buffer.byteLength(base64, 'base64');
}
