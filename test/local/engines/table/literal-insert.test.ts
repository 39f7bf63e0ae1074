import fc from 'fast-check';
import { type EngineAnswer, TableFront, TableHost } from '../../../../local/engines/table';
import type { AttributeValue, Item } from '../../../../local/engines/table/attribute-value';
import { literalInsert } from '../../../../local/engines/table/partiql/literal-insert';
import { type InsertStatement, parseStatement } from '../../../../local/engines/table/partiql/statement';
import { bindValue } from '../../../../local/engines/table/partiql/value-template';
import { callFront, configurationOf, LEDGER, RawClient } from './support';

const TEMPLATE = `INSERT INTO "ledger" VALUE {'pk':?,'sk':?,'a':?,'b':?}`;
const statement = parseStatement(TEMPLATE) as InsertStatement;

/** Many calls to an engine in another process, on a machine that may be busy. */
jest.setTimeout(60_000);

/** Texts that try to get out of their quotes, beside ordinary ones and any at all. */
const hostile = fc.array(fc.constantFrom(
  "'", '"', "''", '\\', '\\u0027', '?', '--', '/*', '*/', ';', ',', "','sk':'", "'} --", '{', '}', '<<', '\n', '\u0000', '\u2028', '`', 'ʼ', '＇', ' OR ', '=',
), { maxLength: 6 }).map((parts) => parts.join(''));
const plain = fc.stringMatching(/^[\w .:#@/+=-]{1,40}$/);
const text = fc.oneof(hostile, plain, fc.string({ unit: 'grapheme' }), fc.tuple(plain, hostile).map(([head, tail]) => head + tail));
const number = fc.oneof(fc.nat().map(String), fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n }).map(String), fc.constantFrom('0', '1.50', '-0', '1e3', '007'));
const anyValue: fc.Arbitrary<AttributeValue> = fc.oneof(
  text.map((S) => ({ S })), number.map((N) => ({ N })), fc.boolean().map((BOOL) => ({ BOOL })), fc.constant({ NULL: true }),
  text.map((S) => ({ L: [{ S }, { M: { x: { S } } }] })),
);
const key = text.filter((value) => value.length > 0).map((S) => ({ S }));

/** What an engine takes a forwarded insert for. */
function itemOf(forwarded: { Statement: string; Parameters?: AttributeValue[] }): Item {
  const parsed = parseStatement(forwarded.Statement) as InsertStatement;
  expect(parsed).toMatchObject({ kind: 'insert', table: 'ledger', parameters: forwarded.Parameters?.length ?? 0 });
  return Object.fromEntries(parsed.attributes.map(({ name, value }) => [name, bindValue(value, forwarded.Parameters ?? []) as AttributeValue]));
}

describe('inserts with their values in the text', () => {
  it('say the same as those with parameters, whatever the values hold', () => {
    let literals = 0;
    fc.assert(fc.property(key, key, anyValue, anyValue, (pk, sk, a, b) => {
      const forwarded = JSON.parse(literalInsert(statement, [pk, sk, a, b]) as string);
      expect(Object.keys(forwarded).filter((name) => name !== 'Parameters')).toEqual(['Statement']);
      expect(itemOf(forwarded)).toEqual({ pk, sk, a, b });
      literals += 4 - (forwarded.Parameters?.length ?? 0);
    }), { numRuns: 1_000 });
    expect(literals).toBeGreaterThan(500);
  });

  it('hold nothing in the text that PartiQL or JSON could take for something else', () => {
    fc.assert(fc.property(key, key, text, (pk, sk, S) => {
      const { Statement } = JSON.parse(literalInsert(statement, [pk, sk, { S }, { N: '1' }]) as string);
      expect(Statement).toMatch(/^INSERT INTO "ledger" VALUE \{('\w+':('[\w .:#@/+=-]+'|\d+|\?),?){4}\}$/);
    }), { numRuns: 500 });
  });

  it.each([
    ['a number with a fraction', { N: '1.5' }],
    ['a negative number', { N: '-1' }],
    ['a number of 16 digits', { N: '1234567890123456' }],
    ['an empty text', { S: '' }],
    ['a text of 257 characters', { S: 'x'.repeat(257) }],
    ['a text with a quote', { S: "it's" }],
    ['a value of two types, which the engine refuses', { S: 'a', N: '1' }],
  ])('leave %s a parameter', (_, value) => {
    const forwarded = JSON.parse(literalInsert(statement, [{ S: 'p' }, { S: 's' }, value, { N: '12' }]) as string);
    expect(forwarded).toEqual({ Statement: `INSERT INTO "ledger" VALUE {'pk':'p','sk':'s','a':?,'b':12}`, Parameters: [value] });
  });

  it.each([
    ['with a constant in it', `INSERT INTO ledger VALUE {'pk':?,'sk':'x'}`, [{ S: 'p' }]],
    ['with a list of parameters', `INSERT INTO ledger VALUE {'pk':?,'sk':?,'l':[?]}`, [{ S: 'p' }, { S: 's' }, { S: 'x' }]],
    ['without parameters', `INSERT INTO ledger VALUE {'pk':'p','sk':'s'}`, []],
    ['with a name that needs care', `INSERT INTO ledger VALUE {'pk':?,'it''s':?}`, [{ S: 'p' }, { S: 's' }]],
  ])('are not made of an insert %s', (_, original, parameters) => {
    expect(literalInsert(parseStatement(original) as InsertStatement, parameters)).toBeUndefined();
  });

  it('are not made longer than a statement may be', () => {
    const names = Array.from({ length: 40 }, (_, index) => `n${index}`);
    const wide = parseStatement(`INSERT INTO ledger VALUE {${names.map((name) => `'${name}':?`).join(',')}}`) as InsertStatement;
    expect(literalInsert(wide, names.map(() => ({ S: 'x'.repeat(250) })))).toBeUndefined();
    expect(literalInsert(wide, names.map(() => ({ S: 'x' })))).toEqual(expect.any(String));
  });

  it('reach only an engine that likes them, and only where nothing else is said', async () => {
    const reached: string[] = [];
    const engineOf = (prefersLiterals: boolean) => ({
      title: 'double',
      prefersLiterals,
      call: async (_: string, body: Buffer | string): Promise<EngineAnswer> => {
        reached.push(body.toString());
        return { status: 200, body: '{"Responses":[{"TableName":"ledger"},{"TableName":"ledger"}]}' };
      },
      close: async () => undefined,
    });
    const insert = (sk: string) => ({ Statement: TEMPLATE, Parameters: [{ S: 'p' }, { S: sk }, { N: '1' }, { S: "it's" }] });
    const literal = (sk: string) => ({ Statement: `INSERT INTO "ledger" VALUE {'pk':'p','sk':'${sk}','a':1,'b':?}`, Parameters: [{ S: "it's" }] });
    const literals = new TableFront(configurationOf(LEDGER), engineOf(true));
    await callFront(literals, 'BatchExecuteStatement', { Statements: [insert('1'), { Statement: 'SELEKT' }, insert('2')] });
    expect(JSON.parse(reached[0])).toEqual({ Statements: [literal('1'), literal('2')] });
    const more = { ...insert('4'), ReturnValuesOnConditionCheckFailure: 'ALL_OLD' };
    await callFront(literals, 'BatchExecuteStatement', { Statements: [insert('3'), more] });
    expect(JSON.parse(reached[1])).toEqual({ Statements: [literal('3'), more] });
    const whole = { Statements: [insert('5'), insert('6')], ReturnConsumedCapacity: 'TOTAL' };
    await callFront(literals, 'BatchExecuteStatement', whole);
    expect(JSON.parse(reached[2])).toEqual(whole);
    const parameters = { Statements: [insert('7'), insert('8')] };
    await callFront(new TableFront(configurationOf(LEDGER), engineOf(false)), 'BatchExecuteStatement', parameters);
    expect(JSON.parse(reached[3])).toEqual(parameters);
  });

  it('are stored by dynoxide as those with parameters are, and touch nothing else', async () => {
    const host = await TableHost.start(configurationOf(LEDGER));
    const client = new RawClient(host.port);
    try {
      let runs = 0;
      await fc.assert(fc.asyncProperty(fc.array(fc.tuple(text, anyValue, anyValue), { minLength: 1, maxLength: 25 }), async (values) => {
        const pk = `run:${runs++}`;
        const items = values.map(([sk, a, b], index) => ({ pk: { S: pk }, sk: { S: `${index}/${sk}` }, a, b }));
        const { body } = await client.call<{ Responses: { Error?: object }[] }>('BatchExecuteStatement', {
          Statements: items.map((item) => ({ Statement: TEMPLATE, Parameters: [item.pk, item.sk, item.a, item.b] })),
        });
        const stored = await client.call<{ Items: Item[] }>('Query', {
          TableName: 'ledger', KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': { S: pk } }, ConsistentRead: true,
        });
        // The same items by an operation that has no statements.
        await Promise.all(items.map((item) => client.call('PutItem', { TableName: 'ledger', Item: { ...item, pk: { S: `${pk}/put` } } })));
        const put = await client.call<{ Items: Item[] }>('Query', {
          TableName: 'ledger', KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': { S: `${pk}/put` } }, ConsistentRead: true,
        });
        expect(body.Responses.map((response) => response.Error)).toEqual(items.map(() => undefined));
        expect(stored.body.Items).toEqual(put.body.Items.map((item) => ({ ...item, pk: { S: pk } })));
      }), { numRuns: 25 });
      const { body } = await client.call<{ Items: Item[] }>('Scan', { TableName: 'ledger', ProjectionExpression: 'pk' });
      expect(body.Items.every((item) => /^run:\d+(\/put)?$/.test(item.pk.S as string))).toBe(true);
    } finally {
      client.close();
      await host.close();
    }
  });
});
