import { Lexer, StatementSyntaxError } from './lexer';
import { parseMembers, parseValue, type ValueTemplate } from './value-template';

/** An attribute of an inserted item, its name prepared for writing. */
export interface AttributeTemplate {
  readonly name: string;
  /** The name as a JSON string. */
  readonly quotedName: string;
  /** Length of the name in UTF-8. */
  readonly nameBytes: number;
  readonly value: ValueTemplate;
}

/** `INSERT INTO table VALUE {…}` */
export interface InsertStatement {
  readonly kind: 'insert';
  readonly table: string;
  readonly attributes: readonly AttributeTemplate[];
  readonly parameters: number;
}

/** `UPDATE table SET … WHERE …`, `DELETE FROM table WHERE …` or `SELECT … FROM table WHERE …` */
export interface ConditionedStatement {
  readonly kind: 'update' | 'delete' | 'select';
  readonly table: string;
  /** What stands as `name = value` between the ANDs of the outermost WHERE; empty where an OR stands beside them. */
  readonly equalities: ReadonlyMap<string, ValueTemplate>;
  readonly parameters: number;
}

export type Statement = InsertStatement | ConditionedStatement;

const DEPTH: { readonly [symbol: string]: number } = { '(': 1, '[': 1, '{': 1, '<<': 1, ')': -1, ']': -1, '}': -1, '>>': -1 };

/**
 * Reads a PartiQL statement as far as the stream and the limiter need it: which table, which item, and for an insert the item itself.
 *
 * @throws StatementSyntaxError for every shape that it does not know, with the reason.
 */
export function parseStatement(text: string): Statement {
  const lexer = new Lexer(text);
  if (lexer.isWord('INSERT')) {
    return parseInsert(lexer);
  }
  if (lexer.isWord('UPDATE')) {
    lexer.next();
    return parseConditioned(lexer, 'update');
  }
  if (lexer.isWord('DELETE')) {
    lexer.next();
    lexer.expect('FROM');
    return parseConditioned(lexer, 'delete');
  }
  if (lexer.isWord('SELECT')) {
    skipTo(lexer, 'FROM');
    lexer.expect('FROM');
    return parseConditioned(lexer, 'select');
  }
  throw lexer.unexpected('INSERT, UPDATE, DELETE or SELECT');
}

function parseInsert(lexer: Lexer): InsertStatement {
  lexer.next();
  lexer.expect('INTO');
  const table = parseTable(lexer);
  lexer.expect('VALUE');
  const attributes = parseMembers(lexer).map(([name, value]) => ({
    name,
    quotedName: JSON.stringify(name),
    nameBytes: Buffer.byteLength(name),
    value,
  }));
  if (lexer.kind !== 'end') {
    throw lexer.unexpected('the end');
  }
  return { kind: 'insert', table, attributes, parameters: lexer.parameters };
}

function parseConditioned(lexer: Lexer, kind: ConditionedStatement['kind']): ConditionedStatement {
  const table = parseTable(lexer);
  if (lexer.isSymbol('.')) {
    if (kind !== 'select') {
      throw new StatementSyntaxError('an index cannot be written to');
    }
    lexer.next();
    parseTable(lexer);
  }
  skipTo(lexer, 'WHERE');
  let equalities = new Map<string, ValueTemplate>();
  if (lexer.isWord('WHERE')) {
    equalities = parseConjunction(lexer);
  } else if (kind !== 'select') {
    throw lexer.unexpected('WHERE');
  }
  return { kind, table, equalities, parameters: lexer.parameters };
}

function parseTable(lexer: Lexer): string {
  if (lexer.kind !== 'word' && lexer.kind !== 'quoted') {
    throw lexer.unexpected('a table name');
  }
  const name = lexer.text;
  lexer.next();
  return name;
}

/** Passes over tokens up to a word outside of all brackets, or to the end. */
function skipTo(lexer: Lexer, word: string): void {
  let depth = 0;
  while (lexer.kind !== 'end' && !(depth === 0 && lexer.isWord(word))) {
    depth += depthOf(lexer);
    lexer.next();
  }
}

/** Reads what follows WHERE to the end, and keeps the conditions of the form `name = value`. */
function parseConjunction(lexer: Lexer): Map<string, ValueTemplate> {
  const equalities = new Map<string, ValueTemplate>();
  let alternatives = false;
  let repeated: string | undefined;
  do {
    lexer.next();
    const equality = parseEquality(lexer);
    let depth = 0;
    let between = false;
    let rest = 0;
    while (lexer.kind !== 'end' && !(depth === 0 && (isClauseEnd(lexer) || (lexer.isWord('AND') && !between)))) {
      between = depth === 0 && lexer.isWord('AND') ? false : between || lexer.isWord('BETWEEN');
      alternatives ||= depth === 0 && lexer.isWord('OR');
      depth += depthOf(lexer);
      rest++;
      lexer.next();
    }
    if (equality !== undefined && rest === 0) {
      repeated = equalities.has(equality[0]) ? equality[0] : repeated;
      equalities.set(equality[0], equality[1]);
    }
  } while (lexer.isWord('AND'));
  while (lexer.kind !== 'end') {
    lexer.next();
  }
  if (repeated !== undefined) {
    throw new StatementSyntaxError('one attribute is compared with = twice');
  }
  return alternatives ? new Map<string, ValueTemplate>() : equalities;
}

function parseEquality(lexer: Lexer): [string, ValueTemplate] | undefined {
  if (lexer.kind !== 'quoted' && lexer.kind !== 'word') {
    return undefined;
  }
  const name = lexer.text;
  lexer.next();
  if (!lexer.isSymbol('=')) {
    return undefined;
  }
  lexer.next();
  return startsKeyValue(lexer) ? [name, parseValue(lexer)] : undefined;
}

/** Keys are strings, numbers or binary values, and binary values come as parameters only. */
function startsKeyValue(lexer: Lexer): boolean {
  return lexer.kind === 'parameter' || lexer.kind === 'string' || lexer.kind === 'number' || lexer.isSymbol('-');
}

function isClauseEnd(lexer: Lexer): boolean {
  return lexer.isWord('RETURNING') || lexer.isWord('ORDER');
}

function depthOf(lexer: Lexer): number {
  return lexer.kind === 'symbol' ? DEPTH[lexer.text] ?? 0 : 0;
}
