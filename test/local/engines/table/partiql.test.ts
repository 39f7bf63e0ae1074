import fc from 'fast-check';
import type { AttributeValue } from '../../../../local/engines/table/attribute-value';
import { parseStatement } from '../../../../local/engines/table/partiql/statement';
import { StatementCache } from '../../../../local/engines/table/partiql/statement-cache';
import { bindValue } from '../../../../local/engines/table/partiql/value-template';

/** The item that an insert makes of its parameters. */
function inserted(text: string, parameters: AttributeValue[] = []): Record<string, AttributeValue | undefined> {
  const statement = parseStatement(text);
  if (statement.kind !== 'insert') {
    throw new Error(`not an insert: ${statement.kind}`);
  }
  return Object.fromEntries(statement.attributes.map(({ name, value }) => [name, bindValue(value, parameters)]));
}

/** Table and key conditions of any other statement. */
function conditions(text: string, parameters: AttributeValue[] = []): { table: string; equalities: Record<string, AttributeValue | undefined> } {
  const statement = parseStatement(text);
  if (statement.kind === 'insert') {
    throw new Error('an insert');
  }
  const equalities = [...statement.equalities].map(([name, value]) => [name, bindValue(value, parameters)] as const);
  return { table: statement.table, equalities: Object.fromEntries(equalities) };
}

describe('PartiQL INSERT', () => {
  it('takes literals of every type', () => {
    expect(inserted(`insert INTO "my-table" VALUE {'pk': 'it''s', 'n': -1.50, 'e': 12e3, 'b': TRUE, 'f': false, 'x': null,
      'l': [1, 'a', [true]], 'm': {'inner': {'deep': 'v'}}, 'ss': <<'a','b'>>, 'ns': <<1, -2>>, 'empty': '', 'em': {}, 'el': []}`)).toEqual({
      pk: { S: "it's" }, n: { N: '-1.50' }, e: { N: '12e3' }, b: { BOOL: true }, f: { BOOL: false }, x: { NULL: true },
      l: { L: [{ N: '1' }, { S: 'a' }, { L: [{ BOOL: true }] }] }, m: { M: { inner: { M: { deep: { S: 'v' } } } } },
      ss: { SS: ['a', 'b'] }, ns: { NS: ['1', '-2'] }, empty: { S: '' }, em: { M: {} }, el: { L: [] },
    });
  });

  it('puts parameters where they stand, also inside lists and maps', () => {
    const parameters = [{ S: 'first' }, { N: '2' }, { BOOL: true }];
    expect(inserted("INSERT INTO t VALUE {'a': ?, 'b': [1, ?], 'c': {'d': ?}, 'e': '?'}", parameters)).toEqual({
      a: parameters[0], b: { L: [{ N: '1' }, parameters[1]] }, c: { M: { d: parameters[2] } }, e: { S: '?' },
    });
  });

  it('takes any text as a string literal', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(inserted(`INSERT INTO t VALUE {'pk':'${text.replaceAll("'", "''")}'}`)).toEqual({ pk: { S: text } });
    }));
  });

  it.each([
    ['another verb', "UPSERT INTO t VALUE {'a':1}", 'expected INSERT, UPDATE, DELETE or SELECT'],
    ['text after the item', "INSERT INTO t VALUE {'a':1} garbage", 'expected the end, got word'],
    ['a second statement', "INSERT INTO t VALUE {'a':1}; DELETE FROM t WHERE a=1", 'an unknown character'],
    ['a comment', "INSERT INTO t VALUE {'a':1} -- x", 'a comment'],
    ['a name given twice', "INSERT INTO t VALUE {'a':1,'a':2}", 'one attribute name is given twice'],
    ['a name in double quotes', 'INSERT INTO t VALUE {"a":1}', 'expected a name in single quotes'],
    ['a list of items', "INSERT INTO t VALUE [{'a':1}]", 'expected {'],
    ['a set of two types', "INSERT INTO t VALUE {'a':<<1,'b'>>}", 'a set that is not made of'],
    ['an expression', "INSERT INTO t VALUE {'a':1+1}", 'expected ,'],
    ['an open string', "INSERT INTO t VALUE {'a':'b}", 'no closing quote'],
    ['nesting without end', `INSERT INTO t VALUE {'a':${'['.repeat(5_000)}`, 'nested deeper'],
    ['nothing', '', 'expected INSERT, UPDATE, DELETE or SELECT'],
  ])('refuses %s', (_, text, reason) => {
    expect(() => parseStatement(text)).toThrow(reason);
  });

  it('refuses or understands any text, and never fails otherwise', () => {
    const piece = fc.constantFrom('INSERT INTO', 'UPDATE', 'DELETE FROM', 'WHERE', 'AND', 'OR', 'SET', '"t"', "'a'", '?', '1', '{', '}', '[', ']', '<<', '>>', '(', ')', '=', ':', ',', '-', ' ');
    fc.assert(fc.property(fc.array(piece), (pieces) => {
      try {
        parseStatement(pieces.join(' '));
      } catch (error) {
        expect((error as Error).name).toBe('StatementSyntaxError');
      }
    }));
  });
});

describe('PartiQL with WHERE', () => {
  it('finds table and key of an update', () => {
    const text = `UPDATE "t-1" SET a = ? SET b = b + 'WHERE' REMOVE c WHERE "pk" = ? AND sk='x' AND n > ? AND (q = 1 OR r = 2) RETURNING ALL OLD *`;
    const parameters = [{ N: '1' }, { S: 'key' }, { N: '3' }];
    expect(conditions(text, parameters)).toEqual({ table: 't-1', equalities: { pk: { S: 'key' }, sk: { S: 'x' } } });
  });

  it('reads BETWEEN as one condition', () => {
    expect(conditions("DELETE FROM t WHERE n BETWEEN 1 AND 2 AND pk = 'a'")).toEqual({ table: 't', equalities: { pk: { S: 'a' } } });
  });

  it.each([
    ['OR stands beside the key', "UPDATE t SET a=1 WHERE pk='a' OR n=1"],
    ['the key stands in brackets', "UPDATE t SET a=1 WHERE (pk='a')"],
    ['the key is negated', "UPDATE t SET a=1 WHERE NOT pk='a'"],
    ['the key is part of an expression', "UPDATE t SET a=1 WHERE pk='a' || 'b'"],
    ['the key is a path', "UPDATE t SET a=1 WHERE pk.x='a'"],
  ])('takes no key where %s', (_, text) => {
    expect(conditions(text).equalities).toEqual({});
  });

  it('refuses a key that is compared twice, an index that is written and an update without WHERE', () => {
    expect(() => parseStatement("UPDATE t SET a=1 WHERE pk='a' AND pk='b'")).toThrow('compared with = twice');
    expect(() => parseStatement("UPDATE t.i SET a=1 WHERE pk='a'")).toThrow('an index cannot be written to');
    expect(() => parseStatement('UPDATE t SET a=1')).toThrow('expected WHERE');
  });

  it('reads the table of a SELECT, with or without a condition', () => {
    expect(conditions('SELECT a, b FROM "t"."i" WHERE pk = 1 ORDER BY sk')).toEqual({ table: 't', equalities: { pk: { N: '1' } } });
    expect(conditions('SELECT * FROM t')).toEqual({ table: 't', equalities: {} });
  });
});

describe('statement cache', () => {
  it('keeps texts with parameters and reads the others each time', () => {
    const cache = new StatementCache(parseStatement);
    const text = "INSERT INTO t VALUE {'pk':?}";
    expect(cache.statement(text)).toBe(cache.statement(text));
    expect(cache.statement("INSERT INTO t VALUE {'pk':1}")).not.toBe(cache.statement("INSERT INTO t VALUE {'pk':1}"));
  });
});
