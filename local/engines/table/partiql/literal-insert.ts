import type { AttributeValue } from '../attribute-value';
import type { InsertStatement } from './statement';

/** Characters that mean nothing to PartiQL inside of quotes and nothing to JSON. Whatever holds another one stays a parameter. */
const PLAIN_TEXT = /^[\w .:#@/+=-]{1,256}$/;
/** Whole numbers that every number format holds exactly. */
const PLAIN_NUMBER = /^(?:0|[1-9]\d{0,14})$/;
/** The service takes statements of 8,192 characters. */
const LONGEST_STATEMENT = 8_192;

/** What stands before each value of an insert, in JSON; nothing for an insert that is left as it is. */
const pieces = new WeakMap<InsertStatement, readonly string[] | undefined>();

/**
 * Writes an insert with parameters as one whose values stand in the text, for an engine that reads every statement anew and parameters on
 * top of it. No value is escaped: one that would need it, or might, stays a parameter.
 *
 * @returns the member of `Statements` in JSON; nothing when the insert is to be forwarded as it came.
 */
export function literalInsert(statement: InsertStatement, parameters: readonly AttributeValue[]): string | undefined {
  if (!pieces.has(statement)) {
    pieces.set(statement, piecesOf(statement));
  }
  const before = pieces.get(statement);
  if (before === undefined) {
    return undefined;
  }
  let text = '';
  const left: AttributeValue[] = [];
  for (let index = 0; index < before.length; index++) {
    const literal = literalOf(parameters[index]);
    if (literal === undefined) {
      left.push(parameters[index]);
    }
    text += before[index] + (literal ?? '?');
  }
  return text.length < LONGEST_STATEMENT
    ? `{"Statement":"${text}}"${left.length > 0 ? `,"Parameters":${JSON.stringify(left)}` : ''}}`
    : undefined;
}

/** Only inserts whose values are all parameters, one each, and whose names are plain. */
function piecesOf({ table, attributes, parameters }: InsertStatement): readonly string[] | undefined {
  const plain = PLAIN_TEXT.test(table) && parameters === attributes.length
    && attributes.every(({ name, value }, index) => PLAIN_TEXT.test(name) && value.kind === 'parameter' && value.index === index);
  return plain && parameters > 0
    ? attributes.map(({ name }, index) => `${index === 0 ? `INSERT INTO \\"${table}\\" VALUE {` : ','}'${name}':`)
    : undefined;
}

function literalOf(value: AttributeValue): string | undefined {
  if (Object.keys(value).length !== 1) {
    return undefined;
  }
  if (typeof value.S === 'string') {
    return PLAIN_TEXT.test(value.S) ? `'${value.S}'` : undefined;
  }
  return typeof value.N === 'string' && PLAIN_NUMBER.test(value.N) ? value.N : undefined;
}
