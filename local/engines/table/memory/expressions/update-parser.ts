import type { AttributeValue } from '../../attribute-value';
import { typeName } from './condition-parser';
import { overlapping, pathText } from './document-path';
import type { ExpressionReader } from './expression-reader';
import type { UpdateAction, UpdateValue } from './update';

const SECTIONS = ['SET', 'REMOVE', 'ADD', 'DELETE'] as const;
type Section = typeof SECTIONS[number];

/** Bounds the recursion on hostile text. */
const MAXIMUM_DEPTH = 100;

/** Reads an update expression to its end. @throws EngineError */
export function parseUpdate(reader: ExpressionReader): readonly UpdateAction[] {
  const actions: UpdateAction[] = [];
  const seen = new Set<Section>();
  while (!reader.isAtEnd) {
    const section = SECTIONS.find((name) => reader.takeKeyword(name));
    if (section === undefined) {
      throw reader.syntaxError();
    }
    if (seen.has(section)) {
      throw reader.invalid(`The "${section}" section can only be used once in an update expression;`);
    }
    seen.add(section);
    do {
      actions.push(parseAction(reader, section));
    } while (reader.takeSymbol(','));
  }
  const overlap = overlapping(actions.map((action) => action.path));
  if (overlap !== undefined) {
    throw reader.invalid(
      `Two document paths overlap with each other; must remove or rewrite one of these paths; path one: ${pathText(overlap[0])}, path two: ${pathText(overlap[1])}`,
    );
  }
  return actions;
}

function parseAction(reader: ExpressionReader, section: Section): UpdateAction {
  const path = reader.path();
  switch (section) {
    case 'SET':
      reader.expectSymbol('=');
      return { kind: 'set', path, value: parseValue(reader) };
    case 'REMOVE':
      return { kind: 'remove', path };
    case 'ADD':
    case 'DELETE': {
      const value = reader.value();
      const isSet = value.SS !== undefined || value.NS !== undefined || value.BS !== undefined;
      if (!isSet && !(section === 'ADD' && value.N !== undefined)) {
        throw reader.invalid(`Incorrect operand type for operator or function; operator: ${section}, operand type: ${typeName(value)}`);
      }
      return { kind: section === 'ADD' ? 'add' : 'delete', path, value: given(value) };
    }
  }
}

function parseValue(reader: ExpressionReader): UpdateValue {
  const left = parseOperand(reader, 0);
  const operator = reader.takeOneOf(['+', '-'] as const);
  if (operator === undefined) {
    return left;
  }
  const right = parseOperand(reader, 0);
  for (const operand of [left, right]) {
    const value = constantOf(operand);
    if (value !== undefined && value.N === undefined) {
      throw reader.invalid(`Incorrect operand type for operator or function; operator or function: ${operator}, operand type: ${typeName(value)}`);
    }
  }
  return { kind: 'sum', operator, left, right };
}

function parseOperand(reader: ExpressionReader, depth: number): UpdateValue {
  if (depth > MAXIMUM_DEPTH) {
    throw reader.invalid(`The expression is nested deeper than ${MAXIMUM_DEPTH} levels;`);
  }
  if (reader.isAtValue) {
    return given(reader.value());
  }
  if (reader.takeSymbol('(')) {
    const operand = parseOperand(reader, depth + 1);
    reader.expectSymbol(')');
    return operand;
  }
  const name = reader.takeFunction(['if_not_exists', 'list_append'] as const);
  if (name === undefined) {
    return { kind: 'path', path: reader.path() };
  }
  if (name === 'if_not_exists') {
    const path = reader.path();
    reader.expectSymbol(',');
    const otherwise = parseOperand(reader, depth + 1);
    reader.expectSymbol(')');
    return { kind: 'if-not-exists', path, otherwise };
  }
  const left = parseOperand(reader, depth + 1);
  reader.expectSymbol(',');
  const right = parseOperand(reader, depth + 1);
  for (const operand of [left, right]) {
    const value = constantOf(operand);
    if (value !== undefined && value.L === undefined) {
      throw reader.invalid(`Incorrect operand type for operator or function; operator or function: list_append, operand type: ${typeName(value)}`);
    }
  }
  reader.expectSymbol(')');
  return { kind: 'append', left, right };
}

function given(value: AttributeValue): UpdateValue {
  return { kind: 'given', value: { kind: 'constant', value } };
}

function constantOf(operand: UpdateValue): AttributeValue | undefined {
  return operand.kind === 'given' && operand.value.kind === 'constant' ? operand.value.value : undefined;
}
