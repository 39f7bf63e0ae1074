import { Lexer, StatementSyntaxError } from '../../partiql/lexer';
import { parseStatement as parseKnownStatement } from '../../partiql/statement';
import { parseValue } from '../../partiql/value-template';
import { COMPARATORS, type Comparator, type Condition, type Operand } from '../expressions/condition';
import { type DocumentPath, overlapping } from '../expressions/document-path';
import type { UpdateAction, UpdateValue } from '../expressions/update';
import type { Returning, Statement } from './statement';

/** Bounds the recursion on hostile text. */
const MAXIMUM_DEPTH = 100;

/**
 * Reads a PartiQL statement whole: INSERT, UPDATE with SET and REMOVE, DELETE, and SELECT of one table.
 *
 * @throws StatementSyntaxError for what it does not know, with the reason
 */
export function parseStatement(text: string): Statement {
  const lexer = new Lexer(text);
  if (lexer.isWord('INSERT')) {
    return parseInsert(text);
  }
  if (takeWord(lexer, 'UPDATE')) {
    return parseUpdate(lexer);
  }
  if (takeWord(lexer, 'DELETE')) {
    lexer.expect('FROM');
    const table = parseName(lexer);
    lexer.expect('WHERE');
    const where = parseAlternatives(lexer, 0);
    const returning = parseReturning(lexer);
    return { kind: 'delete', table, where, returning, parameters: parametersAtEnd(lexer) };
  }
  if (takeWord(lexer, 'SELECT')) {
    return parseSelect(lexer);
  }
  throw lexer.unexpected('INSERT, UPDATE, DELETE or SELECT');
}

function parseInsert(text: string): Statement {
  const statement = parseKnownStatement(text);
  if (statement.kind !== 'insert') {
    throw new StatementSyntaxError('expected an INSERT');
  }
  return statement;
}

function parseUpdate(lexer: Lexer): Statement {
  const table = parseName(lexer);
  const actions: UpdateAction[] = [];
  for (let section = takeSection(lexer); section !== undefined; section = takeSection(lexer)) {
    do {
      actions.push(section === 'SET' ? parseAssignment(lexer) : { kind: 'remove', path: parsePath(lexer) });
    } while (takeSymbol(lexer, ','));
  }
  if (actions.length === 0) {
    throw lexer.unexpected('SET or REMOVE');
  }
  if (overlapping(actions.map(({ path }) => path)) !== undefined) {
    throw new StatementSyntaxError('two document paths overlap with each other');
  }
  lexer.expect('WHERE');
  const where = parseAlternatives(lexer, 0);
  const returning = parseReturning(lexer);
  return { kind: 'update', table, actions, where, returning, parameters: parametersAtEnd(lexer) };
}

function parseSelect(lexer: Lexer): Statement {
  let paths: DocumentPath[] | undefined;
  if (!takeSymbol(lexer, '*')) {
    paths = [];
    do {
      const path = parsePath(lexer);
      if (path.length > 1) {
        throw new StatementSyntaxError('a part of an attribute in the list of a SELECT is not supported');
      }
      paths.push(path);
    } while (takeSymbol(lexer, ','));
  }
  lexer.expect('FROM');
  const table = parseName(lexer);
  const where = takeWord(lexer, 'WHERE') ? parseAlternatives(lexer, 0) : undefined;
  return { kind: 'select', table, paths, where, parameters: parametersAtEnd(lexer) };
}

function takeSection(lexer: Lexer): 'SET' | 'REMOVE' | undefined {
  return takeWord(lexer, 'SET') ? 'SET' : takeWord(lexer, 'REMOVE') ? 'REMOVE' : undefined;
}

function parseAssignment(lexer: Lexer): UpdateAction {
  const path = parsePath(lexer);
  lexer.expect('=');
  const left = parseUpdateOperand(lexer);
  for (const operator of ['+', '-'] as const) {
    if (takeSymbol(lexer, operator)) {
      return { kind: 'set', path, value: { kind: 'sum', operator, left, right: parseUpdateOperand(lexer) } };
    }
  }
  return { kind: 'set', path, value: left };
}

function parseUpdateOperand(lexer: Lexer): UpdateValue {
  return isPath(lexer) ? { kind: 'path', path: parsePath(lexer) } : { kind: 'given', value: parseValue(lexer) };
}

function parseReturning(lexer: Lexer): Returning | undefined {
  if (!takeWord(lexer, 'RETURNING')) {
    return undefined;
  }
  const part = takeWord(lexer, 'ALL') ? 'ALL' : 'MODIFIED';
  if (part === 'MODIFIED') {
    lexer.expect('MODIFIED');
  }
  const moment = takeWord(lexer, 'OLD') ? 'OLD' : 'NEW';
  if (moment === 'NEW') {
    lexer.expect('NEW');
  }
  lexer.expect('*');
  return { part, moment };
}

function parseAlternatives(lexer: Lexer, depth: number): Condition {
  if (depth > MAXIMUM_DEPTH) {
    throw new StatementSyntaxError(`conditions nested deeper than ${MAXIMUM_DEPTH} levels`);
  }
  let condition = parseConjunction(lexer, depth);
  while (takeWord(lexer, 'OR')) {
    condition = { kind: 'or', left: condition, right: parseConjunction(lexer, depth) };
  }
  return condition;
}

function parseConjunction(lexer: Lexer, depth: number): Condition {
  let condition = parseNegation(lexer, depth);
  while (takeWord(lexer, 'AND')) {
    condition = { kind: 'and', left: condition, right: parseNegation(lexer, depth) };
  }
  return condition;
}

function parseNegation(lexer: Lexer, depth: number): Condition {
  if (takeWord(lexer, 'NOT')) {
    return { kind: 'not', inner: parseNegation(lexer, depth + 1) };
  }
  if (takeSymbol(lexer, '(')) {
    const condition = parseAlternatives(lexer, depth + 1);
    lexer.expect(')');
    return condition;
  }
  const operand = parseOperand(lexer);
  return takeSymbol(lexer, '(') ? parseFunction(lexer, operand) : parseComparison(lexer, operand);
}

/** A function of an attribute, behind its name and `(`. */
function parseFunction(lexer: Lexer, name: Operand): Condition {
  const text = name.kind === 'path' && name.path.length === 1 ? name.path[0].toLowerCase() : undefined;
  const first = parseOperand(lexer);
  if (text !== 'begins_with' && text !== 'contains' && text !== 'attribute_type') {
    throw new StatementSyntaxError(`the function ${text ?? ''} is not supported`);
  }
  lexer.expect(',');
  const second = parseOperand(lexer);
  lexer.expect(')');
  if (text === 'attribute_type') {
    if (first.kind !== 'path') {
      throw new StatementSyntaxError('attribute_type wants a path');
    }
    return { kind: 'type', path: first.path, type: second };
  }
  return text === 'contains' ? { kind: 'contains', container: first, member: second } : { kind: 'begins', text: first, prefix: second };
}

function parseComparison(lexer: Lexer, left: Operand): Condition {
  const comparator = takeComparator(lexer);
  if (comparator !== undefined) {
    return { kind: 'compare', comparator, left, right: parseOperand(lexer) };
  }
  if (takeWord(lexer, 'BETWEEN')) {
    const low = parseOperand(lexer);
    lexer.expect('AND');
    return { kind: 'between', operand: left, low, high: parseOperand(lexer) };
  }
  if (takeWord(lexer, 'IN')) {
    return { kind: 'in', operand: left, members: parseMembers(lexer) };
  }
  if (takeWord(lexer, 'IS')) {
    const isNegated = takeWord(lexer, 'NOT');
    lexer.expect('MISSING');
    if (left.kind !== 'path') {
      throw new StatementSyntaxError('IS MISSING wants a path');
    }
    const exists: Condition = { kind: 'exists', path: left.path };
    return isNegated ? exists : { kind: 'not', inner: exists };
  }
  throw lexer.unexpected('a comparison');
}

/** `[a, b]` or `(a, b)`. */
function parseMembers(lexer: Lexer): Operand[] {
  const close = takeSymbol(lexer, '[') ? ']' : ')';
  if (close === ')') {
    lexer.expect('(');
  }
  const members: Operand[] = [];
  do {
    members.push(parseOperand(lexer));
  } while (takeSymbol(lexer, ','));
  lexer.expect(close);
  return members;
}

function parseOperand(lexer: Lexer): Operand {
  return isPath(lexer) ? { kind: 'path', path: parsePath(lexer) } : { kind: 'given', value: parseValue(lexer) };
}

/** Whether a document path stands next: a name that is no literal. */
function isPath(lexer: Lexer): boolean {
  return lexer.kind === 'quoted' || (lexer.kind === 'word' && !lexer.isWord('TRUE') && !lexer.isWord('FALSE') && !lexer.isWord('NULL'));
}

function parsePath(lexer: Lexer): DocumentPath {
  const path: [string, ...(string | number)[]] = [parseName(lexer)];
  for (;;) {
    if (takeSymbol(lexer, '.')) {
      path.push(parseName(lexer));
    } else if (takeSymbol(lexer, '[')) {
      if (lexer.kind !== 'number' || !/^\d+$/.test(lexer.text)) {
        throw lexer.unexpected('an index');
      }
      path.push(Number(lexer.text));
      lexer.next();
      lexer.expect(']');
    } else {
      return path;
    }
  }
}

function parseName(lexer: Lexer): string {
  if (lexer.kind !== 'word' && lexer.kind !== 'quoted') {
    throw lexer.unexpected('a name');
  }
  const name = lexer.text;
  lexer.next();
  return name;
}

function takeComparator(lexer: Lexer): Comparator | undefined {
  return takeSymbol(lexer, '!=') ? '<>' : COMPARATORS.find((comparator) => takeSymbol(lexer, comparator));
}

function takeWord(lexer: Lexer, upperCase: string): boolean {
  const stands = lexer.isWord(upperCase);
  if (stands) {
    lexer.next();
  }
  return stands;
}

function takeSymbol(lexer: Lexer, symbol: string): boolean {
  const stands = lexer.isSymbol(symbol);
  if (stands) {
    lexer.next();
  }
  return stands;
}

function parametersAtEnd(lexer: Lexer): number {
  if (lexer.kind !== 'end') {
    throw lexer.unexpected('the end');
  }
  return lexer.parameters;
}
