import { canonicalNumber } from './canonical-number';

/** A value as the DynamoDB JSON protocol writes it: one member whose name is the type. */
export interface AttributeValue {
  readonly S?: string;
  readonly N?: string;
  readonly B?: string;
  readonly BOOL?: boolean;
  readonly NULL?: boolean;
  readonly SS?: readonly string[];
  readonly NS?: readonly string[];
  readonly BS?: readonly string[];
  readonly L?: readonly AttributeValue[];
  readonly M?: Item;
}

/** An item: attribute names and values. */
export interface Item {
  readonly [attribute: string]: AttributeValue;
}

/** Whether two values are equal as DynamoDB compares them: numbers by value, sets and maps without order. */
export function equalValues(left: AttributeValue, right: AttributeValue): boolean {
  if (left.S !== undefined || right.S !== undefined) {
    return left.S === right.S;
  }
  if (left.N !== undefined && right.N !== undefined) {
    return canonicalNumber(left.N) === canonicalNumber(right.N);
  }
  if (left.M !== undefined && right.M !== undefined) {
    return equalItems(left.M, right.M);
  }
  if (left.L !== undefined && right.L !== undefined) {
    const other = right.L;
    return left.L.length === other.length && left.L.every((value, index) => equalValues(value, other[index]));
  }
  if (left.NS !== undefined && right.NS !== undefined) {
    return equalSets(left.NS.map(canonicalNumber), right.NS.map(canonicalNumber));
  }
  if (left.SS !== undefined && right.SS !== undefined) {
    return equalSets(left.SS, right.SS);
  }
  if (left.BS !== undefined && right.BS !== undefined) {
    return equalSets(left.BS, right.BS);
  }
  if (left.B !== undefined || left.BOOL !== undefined) {
    return left.B === right.B && left.BOOL === right.BOOL;
  }
  return left.NULL !== undefined && left.NULL === right.NULL;
}

/** Whether two items have the same attributes with equal values. An item that is not there equals only another that is not there. */
export function equalItems(left: Item | undefined, right: Item | undefined): boolean {
  if (left === undefined || right === undefined) {
    return left === right;
  }
  const names = Object.keys(left);
  return names.length === Object.keys(right).length
    && names.every((name) => Object.hasOwn(right, name) && equalValues(left[name], right[name]));
}

function equalSets(left: readonly string[], right: readonly string[]): boolean {
  if (left.length !== right.length) {
    return false;
  }
  const members = new Set(left);
  return right.every((member) => members.has(member));
}
