import type { AttributeValue } from '../attribute-value';
import { type Lexer, StatementSyntaxError } from './lexer';

/** A value of a statement before its parameters are known. */
export type ValueTemplate =
  | { readonly kind: 'constant'; readonly value: AttributeValue }
  | { readonly kind: 'parameter'; readonly index: number }
  | { readonly kind: 'list'; readonly members: readonly ValueTemplate[] }
  | { readonly kind: 'map'; readonly members: readonly (readonly [string, ValueTemplate])[] };

/** Deeper than any item may be nested; bounds the recursion on hostile text. */
const MAXIMUM_DEPTH = 32;

/** Reads a literal or `?`: string, number, boolean, null, list, map or set. */
export function parseValue(lexer: Lexer, depth = 0): ValueTemplate {
  if (depth > MAXIMUM_DEPTH) {
    throw new StatementSyntaxError(`values nested deeper than ${MAXIMUM_DEPTH} levels`);
  }
  switch (lexer.kind) {
    case 'parameter': {
      const index = lexer.parameters;
      lexer.next();
      return { kind: 'parameter', index };
    }
    case 'string':
      return constant(lexer, { S: lexer.text });
    case 'number':
      return constant(lexer, { N: lexer.text });
    case 'word':
      return parseWord(lexer);
    default:
      return parseSymbol(lexer, depth);
  }
}

/** Reads `{'name': value, …}`. @throws StatementSyntaxError when a name stands there twice. */
export function parseMembers(lexer: Lexer, depth = 0): (readonly [string, ValueTemplate])[] {
  const members: (readonly [string, ValueTemplate])[] = [];
  const names = new Set<string>();
  lexer.expect('{');
  while (!lexer.isSymbol('}')) {
    if (members.length > 0) {
      lexer.expect(',');
    }
    if (lexer.kind !== 'string') {
      throw lexer.unexpected('a name in single quotes');
    }
    const name = lexer.text;
    if (names.has(name)) {
      throw new StatementSyntaxError('one attribute name is given twice');
    }
    names.add(name);
    lexer.next();
    lexer.expect(':');
    members.push([name, parseValue(lexer, depth + 1)]);
  }
  lexer.next();
  return members;
}

/** The value with its parameters put in; nothing when a parameter is missing. */
export function bindValue(template: ValueTemplate, parameters: readonly AttributeValue[]): AttributeValue | undefined {
  switch (template.kind) {
    case 'constant':
      return template.value;
    case 'parameter':
      return parameters[template.index];
    case 'list': {
      const values = template.members.map((member) => bindValue(member, parameters));
      return values.includes(undefined) ? undefined : { L: values as AttributeValue[] };
    }
    case 'map': {
      const values = template.members.map(([name, member]) => [name, bindValue(member, parameters)] as const);
      return values.some(([, value]) => value === undefined) ? undefined : { M: Object.fromEntries(values) as AttributeValue['M'] };
    }
  }
}

function constant(lexer: Lexer, value: AttributeValue): ValueTemplate {
  lexer.next();
  return { kind: 'constant', value };
}

function parseWord(lexer: Lexer): ValueTemplate {
  if (lexer.isWord('TRUE') || lexer.isWord('FALSE')) {
    return constant(lexer, { BOOL: lexer.isWord('TRUE') });
  }
  if (lexer.isWord('NULL')) {
    return constant(lexer, { NULL: true });
  }
  throw lexer.unexpected('a literal or parameter');
}

function parseSymbol(lexer: Lexer, depth: number): ValueTemplate {
  if (lexer.isSymbol('-') || lexer.isSymbol('+')) {
    const sign = lexer.isSymbol('-') ? '-' : '';
    lexer.next();
    if (lexer.kind !== 'number') {
      throw lexer.unexpected('a number');
    }
    return constant(lexer, { N: sign + lexer.text });
  }
  if (lexer.isSymbol('{')) {
    return { kind: 'map', members: parseMembers(lexer, depth) };
  }
  if (lexer.isSymbol('[')) {
    return { kind: 'list', members: parseSequence(lexer, '[', ']', depth) };
  }
  if (lexer.isSymbol('<<')) {
    return setOf(parseSequence(lexer, '<<', '>>', depth));
  }
  throw lexer.unexpected('a literal or parameter');
}

function parseSequence(lexer: Lexer, open: string, close: string, depth: number): ValueTemplate[] {
  const members: ValueTemplate[] = [];
  lexer.expect(open);
  while (!lexer.isSymbol(close)) {
    if (members.length > 0) {
      lexer.expect(',');
    }
    members.push(parseValue(lexer, depth + 1));
  }
  lexer.next();
  return members;
}

/** A set literal: strings only or numbers only. */
function setOf(members: readonly ValueTemplate[]): ValueTemplate {
  const values = members.map((member) => (member.kind === 'constant' ? member.value : {}));
  if (values.length > 0 && values.every((value) => value.S !== undefined)) {
    return { kind: 'constant', value: { SS: values.map((value) => value.S as string) } };
  }
  if (values.length > 0 && values.every((value) => value.N !== undefined)) {
    return { kind: 'constant', value: { NS: values.map((value) => value.N as string) } };
  }
  throw new StatementSyntaxError('a set that is not made of strings only or numbers only');
}
