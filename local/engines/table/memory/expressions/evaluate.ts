import { type AttributeValue, equalValues, type Item } from '../../attribute-value';
import { bindValue } from '../../partiql/value-template';
import { compareValues } from '../values/order';
import type { Comparator, Condition, Operand } from './condition';
import { valueAt } from './document-path';

/**
 * Whether a condition holds for an item.
 *
 * @param item an item without attributes where none is there
 * @param parameters of the statement that the condition stands in
 */
export function holds(condition: Condition, item: Item, parameters: readonly AttributeValue[] = []): boolean {
  const valueOf = (operand: Operand): AttributeValue | undefined => operandValue(operand, item, parameters);
  switch (condition.kind) {
    case 'and':
      return holds(condition.left, item, parameters) && holds(condition.right, item, parameters);
    case 'or':
      return holds(condition.left, item, parameters) || holds(condition.right, item, parameters);
    case 'not':
      return !holds(condition.inner, item, parameters);
    case 'compare':
      return compares(condition.comparator, valueOf(condition.left), valueOf(condition.right));
    case 'between': {
      const value = valueOf(condition.operand);
      return compares('>=', value, valueOf(condition.low)) && compares('<=', value, valueOf(condition.high));
    }
    case 'in': {
      const value = valueOf(condition.operand);
      return condition.members.some((member) => compares('=', value, valueOf(member)));
    }
    case 'exists':
      return valueAt(item, condition.path) !== undefined;
    case 'type': {
      const value = valueAt(item, condition.path);
      const type = valueOf(condition.type)?.S;
      return value !== undefined && type !== undefined && Object.hasOwn(value, type);
    }
    case 'begins':
      return beginsWith(valueOf(condition.text), valueOf(condition.prefix));
    case 'contains':
      return contains(valueOf(condition.container), valueOf(condition.member));
  }
}

/** Size of a value as the function `size` gives it; undefined for types that have none. */
export function sizeOf(value: AttributeValue): number | undefined {
  if (value.S !== undefined) {
    return Buffer.byteLength(value.S);
  }
  if (value.B !== undefined) {
    return Buffer.byteLength(value.B, 'base64');
  }
  if (value.M !== undefined) {
    return Object.keys(value.M).length;
  }
  return (value.L ?? value.SS ?? value.NS ?? value.BS)?.length;
}

function operandValue(operand: Operand, item: Item, parameters: readonly AttributeValue[]): AttributeValue | undefined {
  switch (operand.kind) {
    case 'given':
      return bindValue(operand.value, parameters);
    case 'path':
      return valueAt(item, operand.path);
    case 'size': {
      const value = valueAt(item, operand.path);
      const size = value && sizeOf(value);
      return size === undefined ? undefined : { N: String(size) };
    }
  }
}

/** What is not there equals nothing and differs from everything. */
function compares(comparator: Comparator, left: AttributeValue | undefined, right: AttributeValue | undefined): boolean {
  if (left === undefined || right === undefined) {
    return comparator === '<>';
  }
  if (comparator === '=' || comparator === '<>') {
    return equalValues(left, right) === (comparator === '=');
  }
  const order = compareValues(left, right);
  if (order === undefined) {
    return false;
  }
  switch (comparator) {
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
  }
}

function beginsWith(value: AttributeValue | undefined, prefix: AttributeValue | undefined): boolean {
  if (value?.S !== undefined && prefix?.S !== undefined) {
    return value.S.startsWith(prefix.S);
  }
  if (value?.B !== undefined && prefix?.B !== undefined) {
    const bytes = Buffer.from(prefix.B, 'base64');
    return Buffer.from(value.B, 'base64').subarray(0, bytes.length).equals(bytes);
  }
  return false;
}

/** A part of a text or binary value, a member of a set, or an element of a list. */
function contains(container: AttributeValue | undefined, member: AttributeValue | undefined): boolean {
  if (container === undefined || member === undefined) {
    return false;
  }
  if (container.L !== undefined) {
    return container.L.some((element) => equalValues(element, member));
  }
  if (container.B !== undefined && member.B !== undefined) {
    return Buffer.from(container.B, 'base64').includes(Buffer.from(member.B, 'base64'));
  }
  return (member.S !== undefined && (container.S?.includes(member.S) ?? container.SS?.includes(member.S) ?? false))
    || (member.N !== undefined && (container.NS?.includes(member.N) ?? false))
    || (member.B !== undefined && (container.BS?.includes(member.B) ?? false));
}
