import type { AttributeValue, Item } from '../../attribute-value';

/** What a list or map costs beside its elements, and each of its elements. */
const NESTED_BYTES = 3;
const NESTED_ELEMENT_BYTES = 1;

/** Bytes of an item as the service counts them against its limits: names and values. */
export function itemBytes(item: Item): number {
  let bytes = 0;
  for (const name of Object.keys(item)) {
    bytes += textBytes(name) + valueBytes(item[name]);
  }
  return bytes;
}

function valueBytes(value: AttributeValue): number {
  if (value.S !== undefined) {
    return textBytes(value.S);
  }
  if (value.N !== undefined) {
    return numberBytes(value.N);
  }
  if (value.M !== undefined) {
    return NESTED_BYTES + NESTED_ELEMENT_BYTES * Object.keys(value.M).length + itemBytes(value.M);
  }
  if (value.L !== undefined) {
    return value.L.reduce((sum, member) => sum + NESTED_ELEMENT_BYTES + valueBytes(member), NESTED_BYTES);
  }
  if (value.B !== undefined) {
    return binaryBytes(value.B);
  }
  const members = value.SS ?? value.NS ?? value.BS;
  const sizeOf = value.SS ? textBytes : value.NS ? numberBytes : binaryBytes;
  return members === undefined ? 1 : members.reduce((sum, member) => sum + sizeOf(member), 0);
}

function textBytes(text: string): number {
  return Buffer.byteLength(text);
}

/** One byte for two digits and one beside them; a minus sign is one more. */
function numberBytes(stored: string): number {
  return ((stored.length + 1) >> 1) + 1;
}

function binaryBytes(base64: string): number {
  return Buffer.byteLength(base64, 'base64');
}
