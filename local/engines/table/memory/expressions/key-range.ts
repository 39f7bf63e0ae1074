import type { AttributeValue } from '../../attribute-value';
import type { KeyAttribute } from '../../configuration';
import { EngineError } from '../engine-error';
import type { KeySchema } from '../storage/key-schema';
import type { Position } from '../storage/ordered-map';
import { compareTexts } from '../values/order';
import { type Comparator, type Condition, conjuncts, type Operand } from './condition';

/** The items that a query reads: a partition, and in it the sort keys between two bounds. */
export interface KeyRange {
  readonly partition: string;
  readonly lower?: Position;
  readonly upper?: Position;
  /** Bytes that sort keys begin with, of a string or of base64. */
  readonly prefix?: string;
}

const MIRRORED: Readonly<Record<Comparator, Comparator>> = { '=': '=', '<>': '<>', '<': '>', '<=': '>=', '>': '<', '>=': '<=' };

/** What a key condition asks for. @throws EngineError when it is not of the form that keys can answer */
export function keyRange(condition: Condition, keys: KeySchema): KeyRange {
  let partition: string | undefined;
  let sort: Omit<KeyRange, 'partition'> | undefined;
  for (const part of conjuncts(condition)) {
    const name = attributeOf(part);
    if (name === keys.partitionKey.name && partition === undefined) {
      partition = partitionOf(part, keys.partitionKey);
    } else if (name !== undefined && name === keys.sortKey?.name && sort === undefined) {
      sort = sortRange(part, keys.sortKey);
    } else {
      throw EngineError.validation(name === undefined || keys.has(name)
        ? 'Invalid operator used in KeyConditionExpression: conditions must be one equality of the partition key and at most one of the sort key'
        : `Query condition missed key schema element: ${keys.sortKey?.name ?? keys.partitionKey.name}`);
    }
  }
  if (partition === undefined) {
    throw EngineError.validation(`Query condition missed key schema element: ${keys.partitionKey.name}`);
  }
  return { partition, ...sort };
}

/** Whether a sort key lies in the range. */
export function isInRange(range: Omit<KeyRange, 'partition'>, sortKey: string, type: KeyAttribute['type']): boolean {
  const { lower, upper, prefix } = range;
  return (lower === undefined || isBeyond(compareTexts(type, sortKey, lower.key), lower.inclusive))
    && (upper === undefined || isBeyond(compareTexts(type, upper.key, sortKey), upper.inclusive))
    && (prefix === undefined || startsWith(sortKey, prefix, type));
}

function isBeyond(order: number, inclusive: boolean): boolean {
  return inclusive ? order >= 0 : order > 0;
}

function startsWith(key: string, prefix: string, type: KeyAttribute['type']): boolean {
  if (type !== 'B') {
    return key.startsWith(prefix);
  }
  const bytes = Buffer.from(prefix, 'base64');
  return Buffer.from(key, 'base64').subarray(0, bytes.length).equals(bytes);
}

/** The top-level attribute that a condition is about. */
function attributeOf(condition: Condition): string | undefined {
  const paths = comparedOperands(condition).flatMap((operand) => (operand.kind === 'path' ? [operand.path] : []));
  return paths.length === 1 && paths[0].length === 1 ? paths[0][0] : undefined;
}

function comparedOperands(condition: Condition): readonly Operand[] {
  switch (condition.kind) {
    case 'compare':
      return [condition.left, condition.right];
    case 'between':
      return [condition.operand];
    case 'begins':
      return [condition.text];
    default:
      return [];
  }
}

function partitionOf(condition: Condition, key: KeyAttribute): string {
  if (condition.kind !== 'compare' || condition.comparator !== '=') {
    throw EngineError.validation('Query key condition not supported: the partition key must be compared with =');
  }
  return keyValue(condition.left.kind === 'path' ? condition.right : condition.left, key);
}

function sortRange(condition: Condition, key: KeyAttribute): Omit<KeyRange, 'partition'> {
  switch (condition.kind) {
    case 'between':
      return { lower: bound(keyValue(condition.low, key), true), upper: bound(keyValue(condition.high, key), true) };
    case 'begins': {
      if (key.type === 'N') {
        throw EngineError.validation('Invalid KeyConditionExpression: Incorrect operand type for operator or function; operator or function: begins_with, operand type: N');
      }
      const prefix = keyValue(condition.prefix, key);
      return { prefix, lower: bound(prefix, true) };
    }
    case 'compare': {
      const isMirrored = condition.left.kind !== 'path';
      const text = keyValue(isMirrored ? condition.left : condition.right, key);
      const comparator = isMirrored ? MIRRORED[condition.comparator] : condition.comparator;
      switch (comparator) {
        case '=':
          return { lower: bound(text, true), upper: bound(text, true) };
        case '<':
        case '<=':
          return { upper: bound(text, comparator === '<=') };
        case '>':
        case '>=':
          return { lower: bound(text, comparator === '>=') };
      }
    }
  }
  throw EngineError.validation('Invalid operator used in KeyConditionExpression for the sort key');
}

function keyValue(operand: Operand, { name, type }: KeyAttribute): string {
  const value: AttributeValue | undefined = operand.kind === 'given' && operand.value.kind === 'constant' ? operand.value.value : undefined;
  const text = value?.[type];
  if (text === undefined) {
    throw EngineError.validation(`One or more parameter values were invalid: Condition parameter type does not match schema type: key ${name} is of type ${type}`);
  }
  return text;
}

function bound(key: string, inclusive: boolean): Position {
  return { key, inclusive };
}
