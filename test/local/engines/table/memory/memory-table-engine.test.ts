import fc from 'fast-check';
import { MemoryTableEngine } from '../../../../../local/engines/table/memory';
import { OrderedMap } from '../../../../../local/engines/table/memory/storage/ordered-map';
import { calculate, checkedNumber, compareNumbers } from '../../../../../local/engines/table/memory/values/decimal';
import { ask, createTable, type Json, scanAll } from './engines';

const TableName = 'ledger';
const KEY = { pk: { S: 'p' }, sk: { S: 's' } };

/** The message of a refusal. */
async function refusal(engine: MemoryTableEngine, operation: string, input: Json): Promise<string> {
  const { status, body } = await engine.call(operation, JSON.stringify(input));
  expect(status).toBe(400);
  return JSON.parse(body).message;
}

describe('the in-memory table', () => {
  let engine: MemoryTableEngine;
  let now: number;

  beforeEach(async () => {
    now = 1_000_000;
    engine = new MemoryTableEngine({ clock: () => now });
    await createTable(engine, TableName);
  });

  it('says what it is', async () => {
    expect(engine.title).toBe('in-memory table of this kit');
    await expect(engine.close()).resolves.toBeUndefined();
  });

  it('has carried a call out when the call returns', async () => {
    const answers = [
      engine.call('PutItem', JSON.stringify({ TableName, Item: KEY })),
      engine.call('GetItem', JSON.stringify({ TableName, Key: KEY })),
      engine.call('DeleteItem', JSON.stringify({ TableName, Key: KEY })),
    ];
    expect((await Promise.all(answers)).map(({ body }) => JSON.parse(body))).toEqual([{}, { Item: KEY }, {}]);
  });

  it.each<[string, string, Json]>([
    ['ReturnConsumedCapacity="TOTAL" of PutItem', 'PutItem', { TableName, Item: KEY, ReturnConsumedCapacity: 'TOTAL' }],
    ['Expected={"n":{}} of PutItem', 'PutItem', { TableName, Item: KEY, Expected: { n: {} } }],
    ['AttributeUpdates={} of UpdateItem', 'UpdateItem', { TableName, Key: KEY, AttributeUpdates: {} }],
    ['IndexName="byDate" of Query', 'Query', { TableName, IndexName: 'byDate' }],
    ['TotalSegments=4 of Scan', 'Scan', { TableName, TotalSegments: 4 }],
    ['AttributesToGet=["n"] of GetItem', 'GetItem', { TableName, Key: KEY, AttributesToGet: ['n'] }],
    ['GlobalSecondaryIndexes=[] of CreateTable', 'CreateTable', { TableName: 'other', GlobalSecondaryIndexes: [] }],
    ['the operation UpdateTimeToLive', 'UpdateTimeToLive', { TableName }],
    ['ReturnValuesOnConditionCheckFailure="ALL_OLD" of a statement of BatchExecuteStatement', 'BatchExecuteStatement',
      { Statements: [{ Statement: 'SELECT', ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }] }],
    ['NextToken="x" of ExecuteStatement', 'ExecuteStatement', { Statement: 'SELECT * FROM ledger', NextToken: 'x' }],
  ])('refuses %s by name', async (what, operation, input) => {
    expect(await refusal(engine, operation, input)).toBe(`The in-memory table does not support ${what}`);
  });

  it('takes what asks for nothing', async () => {
    const input = { TableName, Item: KEY, ReturnConsumedCapacity: 'NONE', ReturnItemCollectionMetrics: 'NONE', ConditionExpression: null };
    expect(await ask(engine, 'PutItem', input)).toEqual({ status: 200, body: {} });
  });

  it.each<[string, string]>([
    ['an unknown function', 'exists_somewhere(n)'],
    ['half a comparison', 'n ='],
    ['an unknown character', 'n = n ; n'],
    ['something behind the end', 'n = :n n'],
    ['an open parenthesis', '(n = :n'],
    ['a reserved word', 'status = :n'],
    ['an order of what has none', 'n < :list'],
    ['bounds in the wrong order', 'n BETWEEN :n AND :zero'],
    ['a size that is no operand', 'size(n)'],
    ['no expression', ' '],
    ['an expression that is too long', `n = :n${' OR n = :n'.repeat(500)}`],
    ['parentheses without end', '('.repeat(2_000)],
  ])('refuses a condition with %s', async (_, ConditionExpression) => {
    const used = [':n', ':list', ':zero'].filter((name) => ConditionExpression.includes(name));
    const values: Json = { ':n': { N: '1' }, ':list': { L: [] }, ':zero': { N: '0' } };
    const ExpressionAttributeValues = Object.fromEntries(used.map((name) => [name, values[name]]));
    expect(await refusal(engine, 'PutItem', { TableName, Item: KEY, ConditionExpression, ExpressionAttributeValues })).toMatch(/^Invalid ConditionExpression: /);
  });

  it.each([
    ['UPDATE ledger SET n = set_add(s, <<1>>) WHERE pk = ? AND sk = ?', 'expected WHERE'],
    ['UPDATE ledger SET n = 1', 'expected WHERE'],
    ['UPDATE ledger SET n = 1, n.x = 2 WHERE pk = ? AND sk = ?', 'two document paths overlap'],
    ['DELETE FROM ledger WHERE pk = ? AND sk = ? AND size(l) > 1', 'the function size is not supported'],
    ['SELECT m.deep FROM ledger WHERE pk = ? AND sk = ?', 'a part of an attribute in the list of a SELECT is not supported'],
    ['SELECT * FROM ledger WHERE pk = ? AND sk = ? ORDER BY sk', 'expected the end'],
    ['SELECT * FROM ledger.byDate WHERE pk = ? AND sk = ?', 'expected the end'],
    ['UPSERT', 'expected INSERT, UPDATE, DELETE or SELECT'],
  ])('refuses the statement %s', async (Statement, reason) => {
    const message = await refusal(engine, 'ExecuteStatement', { Statement, Parameters: [KEY.pk, KEY.sk] });
    expect(message).toMatch(/^Statement wasn't well formed, can't be processed: /);
    expect(message).toContain(reason);
  });

  it('selects by a condition, and what a partition or the whole table holds', async () => {
    for (const [pk, sk, n] of [['p', 'a', '1'], ['p', 'b', '5'], ['q', 'a', '9']]) {
      await ask(engine, 'PutItem', { TableName, Item: { pk: { S: pk }, sk: { S: sk }, n: { N: n }, m: { M: { x: { S: 'v' } } } } });
    }
    const select = async (where: string, ...Parameters: Json[]): Promise<string[]> => {
      const { body } = await ask(engine, 'ExecuteStatement', { Statement: `SELECT n FROM "ledger"${where}`, ...Parameters.length > 0 && { Parameters } });
      return (body as { Items: { n: { N: string } }[] }).Items.map((item) => item.n.N).sort();
    };
    expect(await select('')).toEqual(['1', '5', '9']);
    expect(await select(' WHERE pk = ?', { S: 'p' })).toEqual(['1', '5']);
    expect(await select(' WHERE pk = ? AND (n BETWEEN ? AND 7 OR n IN [1, 2])', { S: 'p' }, { N: '4' })).toEqual(['1', '5']);
    expect(await select(` WHERE begins_with(sk, 'a') AND NOT n >= 9 AND m.x = 'v'`)).toEqual(['1']);
    expect(await select(` WHERE other IS MISSING AND attribute_type(m, 'M') AND contains(pk, 'q') AND n != 4 AND pk IS NOT MISSING`)).toEqual(['9']);
  });

  it('answers statements that write with what they are asked to return', async () => {
    await ask(engine, 'PutItem', { TableName, Item: { ...KEY, n: { N: '1' }, t: { S: 'x' } } });
    const run = async (statement: string): Promise<unknown> => (await ask(engine, 'ExecuteStatement', { Statement: `${statement} *` })).body;
    const update = `UPDATE ledger SET n = n - 2 REMOVE t WHERE pk = 'p' AND sk = 's' RETURNING`;
    expect(await run(`${update} MODIFIED OLD`)).toEqual({ Items: [{ n: { N: '1' }, t: { S: 'x' } }] });
    expect(await run(`${update} MODIFIED NEW`)).toEqual({ Items: [{ n: { N: '-3' } }] });
    expect(await run(`${update} ALL OLD`)).toEqual({ Items: [{ n: { N: '-3' }, ...KEY }] });
    expect(await run(`${update} ALL NEW`)).toEqual({ Items: [{ n: { N: '-7' }, ...KEY }] });
    expect(await run(`DELETE FROM ledger WHERE pk = 'p' AND sk = 's' RETURNING ALL OLD`)).toEqual({ Items: [{ n: { N: '-7' }, ...KEY }] });
    expect(await run(`DELETE FROM ledger WHERE pk = 'p' AND sk = 's' RETURNING ALL OLD`)).toEqual({});
  });

  it('tells what an update touched, also deep inside', async () => {
    await ask(engine, 'PutItem', { TableName, Item: { ...KEY, m: { M: { a: { N: '1' }, b: { N: '2' } } }, l: { L: [{ S: 'x' }, { S: 'y' }] } } });
    const update = (ReturnValues: string): Promise<unknown> => ask(engine, 'UpdateItem', {
      TableName, Key: KEY, UpdateExpression: 'SET m.a = m.a + :one, l[1] = :one', ExpressionAttributeValues: { ':one': { N: '1' } }, ReturnValues,
    });
    expect(await update('UPDATED_OLD')).toMatchObject({ body: { Attributes: { m: { M: { a: { N: '1' } } }, l: { L: [{ S: 'y' }] } } } });
    expect(await update('UPDATED_NEW')).toEqual({ status: 200, body: { Attributes: { l: { L: [{ N: '1' }] }, m: { M: { a: { N: '3' } } } } } });
  });

  it('takes every action of an update from the item as it was', async () => {
    await ask(engine, 'PutItem', { TableName, Item: { ...KEY, a: { N: '1' }, l: { L: ['0', '1', '2'].map((S) => ({ S })) } } });
    const { body } = await ask(engine, 'UpdateItem', {
      TableName, Key: KEY, UpdateExpression: 'SET b = a, a = a + :one, l[9] = :nine, l[5] = :five REMOVE l[0], l[1]', ReturnValues: 'ALL_NEW',
      ExpressionAttributeValues: { ':one': { N: '1' }, ':five': { S: '5' }, ':nine': { S: '9' } },
    });
    expect(body).toEqual({ Attributes: { a: { N: '2' }, b: { N: '1' }, l: { L: [{ S: '2' }, { S: '5' }, { S: '9' }] }, ...KEY } });
  });

  it('stores names that objects of JavaScript have by themselves', async () => {
    const names = ['__proto__', 'constructor', 'toString'];
    const item = JSON.parse(`{"pk":{"S":"p"},"sk":{"S":"s"},${names.map((name) => `${JSON.stringify(name)}:{"N":"1.0"}`).join(',')}}`);
    await engine.call('PutItem', JSON.stringify({ TableName, Item: item }));
    await engine.call('UpdateItem', JSON.stringify({
      TableName, Key: KEY, UpdateExpression: 'SET #p = #p + #c', ExpressionAttributeNames: { '#p': '__proto__', '#c': 'constructor' },
    }));
    await engine.call('ExecuteStatement', JSON.stringify({ Statement: `INSERT INTO ledger VALUE {'pk': 'p', 'sk': 't', '__proto__': ?}`, Parameters: [{ S: 'x' }] }));
    const { body } = await engine.call('Scan', JSON.stringify({ TableName, FilterExpression: 'attribute_not_exists(valueOf)' }));
    expect(body).toContain('"__proto__":{"N":"2"}');
    expect(body).toContain('"__proto__":{"S":"x"}');
    expect(JSON.parse(body).Count).toBe(2);
  });

  it('remembers the token of a transaction for ten minutes', async () => {
    const transaction = (n: string): Json =>
      ({ ClientRequestToken: 'token', TransactItems: [{ Update: { TableName, Key: KEY, UpdateExpression: 'ADD n :n', ExpressionAttributeValues: { ':n': { N: n } } } }] });
    const stored = async (): Promise<unknown> => ((await ask(engine, 'GetItem', { TableName, Key: KEY })).body as { Item: Json }).Item.n;
    await ask(engine, 'TransactWriteItems', transaction('1'));
    now += 600_000 - 1;
    expect((await ask(engine, 'TransactWriteItems', transaction('1'))).status).toBe(200);
    expect(await stored()).toEqual({ N: '1' });
    expect((await ask(engine, 'TransactWriteItems', transaction('2'))).body).toEqual({ __type: 'IdempotentParameterMismatchException' });
    now += 1;
    expect((await ask(engine, 'TransactWriteItems', transaction('2'))).status).toBe(200);
    expect(await stored()).toEqual({ N: '3' });
  });

  it('goes on with a scan whatever was written and deleted meanwhile', async () => {
    const put = (index: number): Promise<unknown> => ask(engine, 'PutItem', { TableName, Item: { pk: { S: `p${index % 7}` }, sk: { S: String(index) } } });
    for (let index = 0; index < 30; index++) {
      await put(index);
    }
    const seen = new Set<string>();
    let ExclusiveStartKey: Json | undefined;
    let writes = 100;
    do {
      const { body } = await engine.call('Scan', JSON.stringify({ TableName, Limit: 4, ExclusiveStartKey }));
      const page: { Items: { pk: { S: string }; sk: { S: string } }[]; LastEvaluatedKey?: Json } = JSON.parse(body);
      page.Items.forEach(({ sk }) => seen.add(sk.S));
      ExclusiveStartKey = page.LastEvaluatedKey;
      // The item that the next page begins behind is gone by then, and others are new.
      await ask(engine, 'DeleteItem', { TableName, Key: page.Items.at(-1) && { pk: page.Items.at(-1)!.pk, sk: page.Items.at(-1)!.sk } });
      await put(writes++);
    } while (ExclusiveStartKey !== undefined && writes < 200);
    for (let index = 0; index < 30; index++) {
      expect(seen).toContain(String(index));
    }
  });

  it('counts its items', async () => {
    await ask(engine, 'PutItem', { TableName, Item: { ...KEY, n: { N: '12345' }, t: { S: 'ü' } } });
    await ask(engine, 'PutItem', { TableName, Item: { ...KEY, n: { N: '12345' } } });
    const describe = async (): Promise<unknown> => ((await ask(engine, 'DescribeTable', { TableName })).body as { Table: Json }).Table;
    expect(await describe()).toMatchObject({ ItemCount: 1, TableSizeBytes: 'pkpsks'.length + 'n'.length + 4, CreationDateTime: 1_000 });
    await ask(engine, 'DeleteItem', { TableName, Key: KEY });
    expect(await describe()).toMatchObject({ ItemCount: 0, TableSizeBytes: 0 });
    expect(await scanAll(engine, TableName)).toEqual([]);
  });
});

describe('numbers of the table', () => {
  const digits = fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n });
  const scaled = (value: bigint, decimals: number): string => checkedNumber(`${value}e-${decimals}`);

  it('add, subtract and compare exactly', () => {
    fc.assert(fc.property(digits, digits, fc.integer({ min: 0, max: 12 }), (left, right, decimals) => {
      const [first, second] = [scaled(left, decimals), scaled(right, decimals)];
      expect(calculate(first, '+', second)).toBe(scaled(left + right, decimals));
      expect(calculate(first, '-', second)).toBe(scaled(left - right, decimals));
      expect(Math.sign(compareNumbers(first, second))).toBe(left < right ? -1 : left > right ? 1 : 0);
    }));
  });

  it.each([
    ['1.50', '1.5'], ['+5', '5'], ['-0', '0'], ['0e500', '0'], ['.5', '0.5'], ['5.', '5'], ['1E+3', '1000'], ['1e-2', '0.01'],
    ['9'.repeat(38), '9'.repeat(38)], [`${'9'.repeat(38)}00`, `${'9'.repeat(38)}00`], ['1e125', `1${'0'.repeat(125)}`], ['-1e-130', `-0.${'0'.repeat(129)}1`],
  ])('store %s as %s', (text, stored) => {
    expect(checkedNumber(text)).toBe(stored);
  });

  it.each([
    ['', 'cannot be converted'], ['1,5', 'cannot be converted'], ['0x1', 'cannot be converted'], ['NaN', 'cannot be converted'], ['1e', 'cannot be converted'],
    ['1'.repeat(39), 'more than 38 significant digits'], [`1${'0'.repeat(37)}.1`, 'more than 38 significant digits'],
    ['1e126', 'magnitude larger'], ['9.99e999', 'magnitude larger'], ['1e-131', 'magnitude smaller'],
  ])('refuse %s', (text, reason) => {
    expect(() => checkedNumber(text)).toThrow(reason);
  });
});

describe('a map in order', () => {
  it('reads what a sorted list reads, from any position in both directions', () => {
    const key = fc.integer({ min: 0, max: 20 }).map((it) => String.fromCharCode(97 + it));
    const change = fc.tuple(key, fc.constantFrom('set', 'set', 'delete', 'read'));
    const position = fc.option(fc.record({ key, inclusive: fc.boolean() }), { nil: undefined });
    fc.assert(fc.property(fc.array(change, { maxLength: 40 }), position, fc.boolean(), (changes, start, forward) => {
      const map = new OrderedMap<number>((left, right) => (left < right ? -1 : left > right ? 1 : 0));
      const model = new Map<string, number>();
      changes.forEach(([of, what], index) => {
        if (what === 'set') {
          map.set(of, index);
          model.set(of, index);
        } else if (what === 'delete') {
          map.delete(of);
          model.delete(of);
        } else {
          expect([...map.from(undefined, true)]).toHaveLength(model.size);
        }
      });
      const sorted = [...model].sort(([left], [right]) => (left < right ? -1 : 1));
      const isAhead = (of: string, { key: from, inclusive }: { key: string; inclusive: boolean }): boolean =>
        (forward ? of > from : of < from) || (inclusive && of === from);
      const expected = (forward ? sorted : sorted.reverse()).filter(([of]) => start === undefined || isAhead(of, start));
      expect([...map.from(start, forward)]).toEqual(expected);
      expect(map.size).toBe(model.size);
    }));
  });
});
