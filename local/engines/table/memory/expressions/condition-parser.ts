import type { AttributeValue } from '../../attribute-value';
import { compareValues, orderedType } from '../values/order';
import { COMPARATORS, type Comparator, type Condition, type Operand } from './condition';
import type { ExpressionReader } from './expression-reader';

/** Members that IN may have. Source: comparison operators in the DynamoDB developer guide. */
const MAXIMUM_IN_MEMBERS = 100;
/** Bounds the recursion on hostile text. */
const MAXIMUM_DEPTH = 100;

const TYPES: ReadonlySet<unknown> = new Set(['S', 'N', 'B', 'BOOL', 'NULL', 'SS', 'NS', 'BS', 'L', 'M']);
const TYPE_NAMES: Readonly<Record<string, string>> = {
  S: 'STRING', N: 'NUMBER', B: 'BINARY', BOOL: 'BOOLEAN', NULL: 'NULL', SS: 'STRING_SET', NS: 'NUMBER_SET', BS: 'BINARY_SET', L: 'LIST', M: 'MAP',
};

/** Reads a condition, filter or key condition to its end. @throws EngineError */
export function parseCondition(reader: ExpressionReader): Condition {
  const condition = parseAlternatives(reader, 0);
  reader.expectEnd();
  return condition;
}

/** What messages call a value's type. */
export function typeName(value: AttributeValue): string {
  return TYPE_NAMES[Object.keys(value)[0]];
}

function parseAlternatives(reader: ExpressionReader, depth: number): Condition {
  if (depth > MAXIMUM_DEPTH) {
    throw reader.invalid(`The expression is nested deeper than ${MAXIMUM_DEPTH} levels;`);
  }
  let condition = parseConjunction(reader, depth);
  while (reader.takeKeyword('OR')) {
    condition = { kind: 'or', left: condition, right: parseConjunction(reader, depth) };
  }
  return condition;
}

function parseConjunction(reader: ExpressionReader, depth: number): Condition {
  let condition = parseNegation(reader, depth);
  while (reader.takeKeyword('AND')) {
    condition = { kind: 'and', left: condition, right: parseNegation(reader, depth) };
  }
  return condition;
}

function parseNegation(reader: ExpressionReader, depth: number): Condition {
  if (reader.takeKeyword('NOT')) {
    return { kind: 'not', inner: parseNegation(reader, depth + 1) };
  }
  if (reader.takeSymbol('(')) {
    const condition = parseAlternatives(reader, depth + 1);
    reader.expectSymbol(')');
    return condition;
  }
  return parseSimple(reader);
}

function parseSimple(reader: ExpressionReader): Condition {
  const name = reader.takeFunction(['attribute_exists', 'attribute_not_exists', 'attribute_type', 'begins_with', 'contains', 'size'] as const);
  switch (name) {
    case undefined:
      return parseComparison(reader, parseOperand(reader));
    case 'size':
      return parseComparison(reader, parseSize(reader));
    case 'attribute_exists':
    case 'attribute_not_exists': {
      const exists: Condition = { kind: 'exists', path: reader.path() };
      reader.expectSymbol(')');
      return name === 'attribute_exists' ? exists : { kind: 'not', inner: exists };
    }
    case 'attribute_type':
      return parseType(reader);
    case 'begins_with':
      return parsePrefix(reader);
    case 'contains': {
      const container = parseOperand(reader);
      reader.expectSymbol(',');
      const member = parseOperand(reader);
      reader.expectSymbol(')');
      return { kind: 'contains', container, member };
    }
  }
}

function parseType(reader: ExpressionReader): Condition {
  const path = reader.path();
  reader.expectSymbol(',');
  const value = reader.value();
  if (!TYPES.has(value.S)) {
    throw reader.invalid(`Invalid attribute type name found; type: ${value.S ?? typeName(value)}, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}`);
  }
  reader.expectSymbol(')');
  return { kind: 'type', path, type: given(value) };
}

function parsePrefix(reader: ExpressionReader): Condition {
  const text = parseOperand(reader);
  reader.expectSymbol(',');
  const prefix = parseOperand(reader);
  const value = constantOf(prefix);
  if (value !== undefined && value.S === undefined && value.B === undefined) {
    throw reader.invalid(`Incorrect operand type for operator or function; operator or function: begins_with, operand type: ${typeName(value)}`);
  }
  reader.expectSymbol(')');
  return { kind: 'begins', text, prefix };
}

function parseComparison(reader: ExpressionReader, left: Operand): Condition {
  const comparator = reader.takeOneOf(COMPARATORS);
  if (comparator !== undefined) {
    const right = parseOperandOrSize(reader);
    if (comparator !== '=' && comparator !== '<>') {
      refuseUnordered(reader, comparator, [left, right]);
    }
    return { kind: 'compare', comparator, left, right };
  }
  if (reader.takeKeyword('BETWEEN')) {
    const low = parseOperandOrSize(reader);
    reader.expectKeyword('AND');
    const high = parseOperandOrSize(reader);
    refuseUnordered(reader, 'BETWEEN', [left, low, high]);
    refuseReversed(reader, constantOf(low), constantOf(high));
    return { kind: 'between', operand: left, low, high };
  }
  reader.expectKeyword('IN');
  reader.expectSymbol('(');
  const members: Operand[] = [];
  do {
    members.push(parseOperandOrSize(reader));
  } while (reader.takeSymbol(','));
  reader.expectSymbol(')');
  if (members.length > MAXIMUM_IN_MEMBERS) {
    throw reader.invalid(`The IN operator is provided with too many operands; number of operands: ${members.length}`);
  }
  return { kind: 'in', operand: left, members };
}

function parseOperandOrSize(reader: ExpressionReader): Operand {
  return reader.takeFunction(['size'] as const) === undefined ? parseOperand(reader) : parseSize(reader);
}

function parseOperand(reader: ExpressionReader): Operand {
  return reader.isAtValue ? given(reader.value()) : { kind: 'path', path: reader.path() };
}

function parseSize(reader: ExpressionReader): Operand {
  const path = reader.path();
  reader.expectSymbol(')');
  return { kind: 'size', path };
}

function given(value: AttributeValue): Operand {
  return { kind: 'given', value: { kind: 'constant', value } };
}

/** Strings, numbers and binary values have an order, and nothing else. */
function refuseUnordered(reader: ExpressionReader, operator: Comparator | 'BETWEEN', operands: readonly Operand[]): void {
  for (const operand of operands) {
    const value = constantOf(operand);
    if (value !== undefined && orderedType(value) === undefined) {
      throw reader.invalid(`Incorrect operand type for operator or function; operator or function: ${operator}, operand type: ${typeName(value)}`);
    }
  }
}

function refuseReversed(reader: ExpressionReader, low: AttributeValue | undefined, high: AttributeValue | undefined): void {
  if (low === undefined || high === undefined) {
    return;
  }
  const order = compareValues(low, high);
  if (order === undefined) {
    throw reader.invalid('The BETWEEN operator requires same data type for lower and upper bounds;');
  }
  if (order > 0) {
    throw reader.invalid('The BETWEEN operator requires upper bound to be greater than or equal to lower bound;');
  }
}

function constantOf(operand: Operand): AttributeValue | undefined {
  return operand.kind === 'given' && operand.value.kind === 'constant' ? operand.value.value : undefined;
}
