import type { AttributeValue, Item } from '../../attribute-value';
import { EngineError } from '../engine-error';
import { isObject } from '../request';
import { checkedNumber } from './decimal';

/** Lists and maps inside each other. Source: limits of the DynamoDB developer guide. */
const MAXIMUM_DEPTH = 32;

/**
 * Reads a value of a request: of exactly one type, well formed, numbers in their stored form.
 *
 * @returns the value itself where nothing has to be changed
 * @throws EngineError
 */
export function checkedValue(value: unknown, depth = 0): AttributeValue {
  if (!isObject(value)) {
    throw EngineError.serialization('An attribute value must be an object');
  }
  let type: string | undefined;
  for (const name in value) {
    if (type !== undefined) {
      throw EngineError.validation('Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes');
    }
    type = name;
  }
  switch (type) {
    case 'S':
      return ofType(value, typeof value.S === 'string', 'S');
    case 'N':
      return checkedNumberValue(value);
    case 'B':
      return ofType(value, isBase64(value.B), 'B');
    case 'BOOL':
      return ofType(value, typeof value.BOOL === 'boolean', 'BOOL');
    case 'NULL':
      return checkedNull(value);
    case 'SS':
    case 'NS':
    case 'BS':
      return checkedSet(type, value[type]);
    case 'L':
      return checkedList(value.L, depth);
    case 'M':
      return { M: checkedItem(value.M, depth + 1) };
    default:
      throw EngineError.validation('Supplied AttributeValue is empty, must contain exactly one of the supported datatypes');
  }
}

/** Reads the attributes of an item or map. @throws EngineError */
export function checkedItem(attributes: unknown, depth = 0): Item {
  if (!isObject(attributes)) {
    throw EngineError.serialization('The attributes of an item or map must be an object');
  }
  if (depth > MAXIMUM_DEPTH) {
    throw tooDeep();
  }
  let changed = false;
  const entries = Object.keys(attributes).map((name): [string, AttributeValue] => {
    const value = checkedValue(attributes[name], depth);
    changed ||= value !== attributes[name];
    return [name, value];
  });
  return changed ? Object.fromEntries(entries) : attributes as Item;
}

function ofType(value: object, isOfType: boolean, type: string): AttributeValue {
  if (!isOfType) {
    throw EngineError.serialization(`A value of type ${type} has another JSON type`);
  }
  return value as AttributeValue;
}

function checkedNumberValue(value: AttributeValue): AttributeValue {
  ofType(value, typeof value.N === 'string', 'N');
  const number = checkedNumber(value.N as string);
  return number === value.N ? value : { N: number };
}

function checkedNull(value: AttributeValue): AttributeValue {
  ofType(value, typeof value.NULL === 'boolean', 'NULL');
  if (value.NULL !== true) {
    throw EngineError.validation('One or more parameter values were invalid: Null attribute value types must have the value of true');
  }
  return value;
}

function checkedSet(type: 'SS' | 'NS' | 'BS', members: unknown): AttributeValue {
  if (!Array.isArray(members) || !members.every((member) => (type === 'BS' ? isBase64(member) : typeof member === 'string'))) {
    throw EngineError.serialization(`A value of type ${type} has another JSON type`);
  }
  if (members.length === 0) {
    throw EngineError.validation(`One or more parameter values were invalid: A set of type ${type} may not be empty`);
  }
  const stored: string[] = type === 'NS' ? members.map(checkedNumber) : members;
  if (new Set(stored).size < stored.length) {
    throw EngineError.validation(`One or more parameter values were invalid: Input collection [${members.join(', ')}] contains duplicates.`);
  }
  return { [type]: stored };
}

function checkedList(members: unknown, depth: number): AttributeValue {
  if (!Array.isArray(members)) {
    throw EngineError.serialization('A value of type L has another JSON type');
  }
  if (depth >= MAXIMUM_DEPTH) {
    throw tooDeep();
  }
  return { L: members.map((member) => checkedValue(member, depth + 1)) };
}

function tooDeep(): EngineError {
  return EngineError.validation(`Nesting Levels have exceeded supported limits: attributes nested deeper than ${MAXIMUM_DEPTH} levels`);
}

/** Base64 in the one form that the service writes, so that equal bytes are equal texts. */
function isBase64(text: unknown): boolean {
  return typeof text === 'string' && Buffer.from(text, 'base64').toString('base64') === text;
}
