import fc from 'fast-check';
import type { TableEngine } from '../../../../../local/engines/table';
import { MemoryTableEngine } from '../../../../../local/engines/table/memory';
import { ask, createTable, ENGINES, type Json, scanAll } from './engines';
import { anyCall, type Call } from './random-calls';

const KEY = { pk: { S: 'p' }, sk: { S: 's' } };
const refused = (__type: string, rest: Json = {}): { status: number; body: Json } => ({ status: 400, body: { __type, ...rest } });
const VALIDATION = refused('ValidationException');
const done = (body: Json = {}): { status: number; body: Json } => ({ status: 200, body });

/** A story: calls, and what each must answer. */
type Story = readonly (readonly [operation: string, input: Json, answer: { status: number; body: unknown }])[];
const TableName = 'ledger';
const put = (rest: Json, options: Json = {}): Json => ({ TableName, Item: { ...KEY, ...rest }, ...options });
const update = (UpdateExpression: string, values?: Json, options: Json = {}): Json =>
  ({ TableName, Key: KEY, UpdateExpression, ...values && { ExpressionAttributeValues: values }, ...options });
const statements = (...members: (readonly [string, ...unknown[]])[]): Json =>
  ({ Statements: members.map(([Statement, ...Parameters]) => ({ Statement, Parameters })) });
const INSERT = `INSERT INTO "ledger" VALUE {'pk': ?, 'sk': ?, 'n': ?}`;
const CAS = 'UPDATE "ledger" SET "n" = ?, "lastSequence" = ? WHERE "pk" = ? AND "sk" = ? AND "lastSequence" = ?';

const STORIES: Readonly<Record<string, Story>> = {
  'a conditional put stores once and shows what is there': [
    ['PutItem', put({ n: { N: '1.50' } }, { ConditionExpression: 'attribute_not_exists(pk)' }), done()],
    ['PutItem', put({ n: { N: '2' } }, { ConditionExpression: 'attribute_not_exists(pk)' }), refused('ConditionalCheckFailedException')],
    ['PutItem', put({}, { ConditionExpression: 'attribute_not_exists(pk)', ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }),
      refused('ConditionalCheckFailedException', { Item: { ...KEY, n: { N: '1.5' } } })],
    ['GetItem', { TableName, Key: KEY, ConsistentRead: true }, done({ Item: { n: { N: '1.5' }, ...KEY } })],
    ['DeleteItem', { TableName, Key: KEY, ReturnValues: 'ALL_OLD' }, done({ Attributes: { n: { N: '1.5' }, ...KEY } })],
    ['GetItem', { TableName, Key: KEY }, done()],
  ],
  'a batch of inserts fails one by one': [
    ['BatchExecuteStatement', statements([INSERT, KEY.pk, KEY.sk, { N: '1' }]), done({ Responses: [{ TableName }] })],
    ['BatchExecuteStatement', statements([INSERT, KEY.pk, { S: 'b' }, { N: '2' }], [INSERT, KEY.pk, KEY.sk, { N: '3' }], [INSERT.replace('ledger', 'nowhere'), KEY.pk, KEY.sk, { N: '4' }]),
      done({ Responses: [{ TableName }, { Error: { Code: 'DuplicateItem' } }, { Error: { Code: 'ResourceNotFound' } }] })],
    ['BatchExecuteStatement', statements([INSERT, KEY.pk, { S: '' }, { N: '2' }], [INSERT, KEY.pk, { S: 'x'.repeat(1_025) }, { N: '2' }], ['INSERT nothing']),
      done({ Responses: [{ Error: { Code: 'ValidationError' } }, { Error: { Code: 'ValidationError' } }, { Error: { Code: 'ValidationError' } }] })],
    ['BatchExecuteStatement', statements([INSERT, KEY.pk, { S: 'c' }, { N: '1' }], [INSERT, KEY.pk, { S: 'c' }, { N: '2' }]), VALIDATION],
    ['BatchExecuteStatement', statements([INSERT, KEY.pk, { S: 'c' }, { N: 'many' }], [INSERT, KEY.pk, { S: 'd' }, { N: '2' }]), VALIDATION],
    ['BatchExecuteStatement', statements(...Array.from({ length: 26 }, (_, index) => [INSERT, KEY.pk, { S: `k${index}` }, { N: '1' }] as const)), VALIDATION],
    ['BatchExecuteStatement', statements(['SELECT * FROM ledger WHERE pk = ? AND sk = ?', KEY.pk, KEY.sk], [INSERT, KEY.pk, { S: 'c' }, { N: '2' }]), VALIDATION],
    ['Scan', { TableName, ConsistentRead: true, Select: 'COUNT' }, done({ Count: 2, ScannedCount: 2 })],
  ],
  'a compare-and-set writes only over what was read': [
    ['BatchExecuteStatement', statements([CAS, { N: '1' }, { S: '01' }, KEY.pk, KEY.sk, { S: '00' }]),
      done({ Responses: [{ Error: { Code: 'ConditionalCheckFailed' } }] })],
    ['PutItem', put({ n: { N: '1' }, lastSequence: { S: '00' } }), done()],
    ['BatchExecuteStatement', statements([CAS, { N: '12345678901234567890123456789012345678' }, { S: '01' }, KEY.pk, KEY.sk, { S: '00' }]), done({ Responses: [{ TableName }] })],
    ['BatchExecuteStatement', statements([CAS, { N: '9' }, { S: '01' }, KEY.pk, KEY.sk, { S: '00' }]),
      done({ Responses: [{ Error: { Code: 'ConditionalCheckFailed' } }] })],
    ['GetItem', { TableName, Key: KEY }, done({ Item: { lastSequence: { S: '01' }, n: { N: '12345678901234567890123456789012345678' }, ...KEY } })],
  ],
  'a transaction happens whole or not at all, and says why': [
    ['PutItem', put({ refundable: { N: '10' }, type: { S: 'payment' } }), done()],
    ['TransactWriteItems', refund('r1', 7, 'token-1'), done()],
    ['TransactWriteItems', refund('r1', 7, 'token-1'), done()],
    ['TransactWriteItems', refund('r1', 6, 'token-1'), refused('IdempotentParameterMismatchException')],
    ['TransactWriteItems', refund('r2', 7), refused('TransactionCanceledException', { CancellationReasons: [
      { Code: 'None' }, { Code: 'ConditionalCheckFailed', Item: { refundable: { N: '3' }, type: { S: 'payment' }, ...KEY } },
    ].map(sortMembers) })],
    ['TransactWriteItems', { TransactItems: [
      { Put: { TableName, Item: { pk: KEY.pk, sk: { S: 'other' } } } },
      { ConditionCheck: { TableName, Key: KEY, ConditionExpression: 'refundable > :ten', ExpressionAttributeValues: { ':ten': { N: '10' } } } },
    ] }, refused('TransactionCanceledException', { CancellationReasons: [{ Code: 'None' }, { Code: 'ConditionalCheckFailed' }] })],
    ['TransactWriteItems', { TransactItems: [{ Put: { TableName, Item: { pk: KEY.pk } } }] }, refused('TransactionCanceledException', { CancellationReasons: [{ Code: 'ValidationError' }] })],
    ['TransactWriteItems', { TransactItems: [{ Put: { TableName, Item: KEY } }, { Delete: { TableName, Key: KEY } }] }, VALIDATION],
    ['TransactGetItems', { TransactItems: [{ Get: { TableName, Key: KEY } }, { Get: { TableName, Key: { ...KEY, sk: { S: 'other' } } } }] },
      done({ Responses: [{ Item: { refundable: { N: '3' }, type: { S: 'payment' }, ...KEY } }, {}] })],
  ],
  'an update counts, appends, sets and removes': [
    ['UpdateItem', update('ADD conflicts :one', { ':one': { N: '1' } }, { ConditionExpression: 'attribute_exists(pk)' }), refused('ConditionalCheckFailedException')],
    ['UpdateItem', update('SET l = :l, m = :m ADD s :s', { ':l': { L: [{ S: 'a' }] }, ':m': { M: {} }, ':s': { SS: ['x', 'y'] } }), done()],
    ['UpdateItem', update('SET l = list_append(l, :l), m.deep = :l DELETE s :s ADD n :n', { ':l': { L: [{ N: '1E2' }] }, ':s': { SS: ['x'] }, ':n': { N: '0.1' } }), done()],
    ['UpdateItem', update('SET n = n + :n, o = n REMOVE l[0]', { ':n': { N: '0.2' } }, { ReturnValues: 'ALL_NEW' }), done({ Attributes: {
      l: { L: [{ N: '100' }] }, m: { M: { deep: { L: [{ N: '100' }] } } }, n: { N: '0.3' }, o: { N: '0.1' }, ...KEY, s: { SS: ['y'] },
    } })],
    ['UpdateItem', update('SET n = absent + :n', { ':n': { N: '1' } }), VALIDATION],
    ['UpdateItem', update('SET m = m + :n', { ':n': { N: '1' } }), VALIDATION],
    ['UpdateItem', update('SET absent.deep = :n', { ':n': { N: '1' } }), VALIDATION],
    ['UpdateItem', update('SET pk = :n', { ':n': { S: '1' } }), VALIDATION],
    ['UpdateItem', update('SET count = :n', { ':n': { S: '1' } }), VALIDATION],
    ['UpdateItem', update('SET n = :n, n = :n', { ':n': { S: '1' } }), VALIDATION],
    ['UpdateItem', update('SET n = :n', { ':n': { S: '1' }, ':unused': { S: '1' } }), VALIDATION],
    ['UpdateItem', update('SET n = :undefined', { ':n': { S: '1' } }), VALIDATION],
    ['UpdateItem', update('SET n = n + :n', { ':n': { N: '99999999999999999999999999999999999999' } }), VALIDATION],
    ['UpdateItem', update('SET big = :big', { ':big': { S: 'x'.repeat(409_600) } }), VALIDATION],
  ],
  'keys and values are checked': [
    ['PutItem', { TableName, Item: { pk: KEY.pk } }, VALIDATION],
    ['PutItem', { TableName, Item: { pk: KEY.pk, sk: { N: '1' } } }, VALIDATION],
    ['PutItem', { TableName, Item: { ...KEY, pk: { S: '' } } }, VALIDATION],
    ['PutItem', { TableName, Item: { ...KEY, pk: { S: 'x'.repeat(2_049) } } }, VALIDATION],
    ['PutItem', { TableName, Item: { ...KEY, sk: { S: 'x'.repeat(1_025) } } }, VALIDATION],
    ['PutItem', put({ big: { S: 'x'.repeat(409_600) } }), VALIDATION],
    ['PutItem', put({ n: { N: '1'.repeat(39) } }), VALIDATION],
    ['PutItem', put({ n: { N: '1e126' } }), VALIDATION],
    ['PutItem', put({ n: { N: '1e-131' } }), VALIDATION],
    ['PutItem', put({ s: { SS: [] } }), VALIDATION],
    ['PutItem', put({ s: { NS: ['1', '1.0'] } }), VALIDATION],
    ['PutItem', put({ s: { S: 'a', N: '1' } }), VALIDATION],
    ['PutItem', put({ s: {} }), VALIDATION],
    ['PutItem', put({ s: { NULL: false } }), VALIDATION],
    ['PutItem', put({ s: { S: 12 } }), refused('SerializationException')],
    ['GetItem', { TableName, Key: { pk: KEY.pk } }, VALIDATION],
    ['GetItem', { TableName, Key: { ...KEY, more: { S: 'x' } } }, VALIDATION],
    ['PutItem', { ...put({}), TableName: 'nowhere' }, refused('ResourceNotFoundException')],
    ['Nothing', {}, refused('UnknownOperationException')],
    ['Scan', { TableName, Select: 'COUNT' }, done({ Count: 0, ScannedCount: 0 })],
  ],
};

function refund(sk: string, amount: number, ClientRequestToken?: string): Json {
  return {
    ClientRequestToken,
    TransactItems: [
      { Put: { TableName, Item: { pk: KEY.pk, sk: { S: sk } }, ConditionExpression: 'attribute_not_exists(pk)', ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } },
      { Update: {
        TableName, Key: KEY, UpdateExpression: 'SET refundable = refundable - :amount', ConditionExpression: '#type = :payment AND refundable >= :amount',
        ExpressionAttributeNames: { '#type': 'type' }, ExpressionAttributeValues: { ':amount': { N: String(amount) }, ':payment': { S: 'payment' } },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      } },
    ],
  };
}

function sortMembers(value: object): object {
  return Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)));
}

/** Where the other engine differs, and the rule of the service that ours follows. */
const EXCEPTIONS: Readonly<Record<string, { rule: string; before: readonly Call[]; call: Call; ours: unknown; theirs: unknown }>> = {
  'an index behind the end of a list': {
    rule: 'SET of an element that does not exist appends it at the end of the list (developer guide, update expressions)',
    before: [['PutItem', put({ l: { L: [] } })]],
    call: ['UpdateItem', update('SET l[2] = :v', { ':v': { S: 'x' } }, { ReturnValues: 'ALL_NEW' })],
    ours: done({ Attributes: { l: { L: [{ S: 'x' }] }, ...KEY } }),
    theirs: done({ Attributes: { l: { L: [{ NULL: true }, { NULL: true }, { S: 'x' }] }, ...KEY } }),
  },
  'ALL_OLD of an item that was not there': {
    rule: 'ALL_OLD returns the attributes of the item as they appeared before the operation (API reference, UpdateItem)',
    before: [],
    call: ['UpdateItem', update('SET n = :v', { ':v': { S: 'x' } }, { ReturnValues: 'ALL_OLD' })],
    ours: done(),
    theirs: done({ Attributes: KEY }),
  },
  'a removal inside of what is not there': {
    rule: 'a document path must exist but for its last step ("The document path provided in the update expression is invalid for update")',
    before: [['PutItem', put({})]],
    call: ['UpdateItem', update('REMOVE l[0]')],
    ours: VALIDATION,
    theirs: done(),
  },
  'paths that overlap in a transaction': {
    rule: 'two document paths of an update must not overlap (developer guide, update expressions), in a transaction either',
    before: [],
    call: ['TransactWriteItems', { TransactItems: [{ Update: update('SET n = :v ADD n :v', { ':v': { N: '1' } }) }] }],
    ours: VALIDATION,
    theirs: done(),
  },
  'a projection in a transaction': {
    rule: 'ProjectionExpression of a Get names the attributes to retrieve (API reference, Get)',
    before: [['PutItem', put({ n: { N: '1' } })]],
    call: ['TransactGetItems', { TransactItems: [{ Get: { TableName, Key: KEY, ProjectionExpression: 'n' } }] }],
    ours: done({ Responses: [{ Item: { n: { N: '1' } } }] }),
    theirs: done({ Responses: [{ Item: { n: { N: '1' }, ...KEY } }] }),
  },
  'a key condition of another type': {
    rule: 'the value of a key condition has the type of the key ("Condition parameter type does not match schema type")',
    before: [],
    call: ['Query', { TableName, KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': { N: '1' } } }],
    ours: VALIDATION,
    theirs: done({ Count: 0, Items: [], ScannedCount: 0 }),
  },
  'a start key of another partition': {
    rule: 'a query goes on inside its partition ("The provided starting key is outside query boundaries based on provided conditions")',
    before: [['PutItem', put({})]],
    call: ['Query', { TableName, KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': KEY.pk }, ExclusiveStartKey: { pk: { S: 'other' }, sk: { S: 'a' } } }],
    ours: VALIDATION,
    theirs: done({ Count: 1, Items: [KEY], ScannedCount: 1 }),
  },
  'a sum with an attribute that is not there, in a statement': {
    rule: 'an operand of an update must exist ("The provided expression refers to an attribute that does not exist in the item")',
    before: [['PutItem', put({})]],
    call: ['ExecuteStatement', { Statement: `UPDATE ledger SET n = absent + 1 WHERE pk = 'p' AND sk = 's'` }],
    ours: VALIDATION,
    theirs: done(),
  },
  'a member that no operation has': {
    rule: 'ours refuses by name what it would have to ignore; the service ignores members that its model does not know',
    before: [],
    call: ['Scan', { TableName, Filter: 'n = 1' }],
    ours: VALIDATION,
    theirs: done({ Count: 0, Items: [], ScannedCount: 0 }),
  },
};

describe.each(ENGINES)('the table engine %s', (_, start) => {
  let engine: TableEngine;

  beforeEach(async () => {
    engine = await start();
    await createTable(engine, TableName);
  });
  afterEach(() => engine.close());

  it.each(Object.keys(STORIES))('%s', async (name) => {
    for (const [operation, input, answer] of STORIES[name]) {
      expect([operation, input, await ask(engine, operation, input)]).toEqual([operation, input, answer]);
    }
  });

  it('describes its tables', async () => {
    expect(await ask(engine, 'ListTables', {})).toEqual(done({ TableNames: [TableName] }));
    expect((await ask(engine, 'DescribeTable', { TableName })).body).toMatchObject({ Table: {
      TableName, TableStatus: 'ACTIVE', KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }, { AttributeName: 'sk', KeyType: 'RANGE' }],
    } });
    expect(await ask(engine, 'DescribeTable', { TableName: 'nowhere' })).toEqual(refused('ResourceNotFoundException'));
    expect(await ask(engine, 'DescribeTimeToLive', { TableName })).toEqual(done({ TimeToLiveDescription: { TimeToLiveStatus: 'DISABLED' } }));
    await expect(createTable(engine, TableName)).rejects.toThrow('ResourceInUseException');
  });

  it('gives every item of a table page by page, whatever the limit', async () => {
    const requests = Array.from({ length: 23 }, (_value, index) => ({ PutRequest: { Item: { pk: { S: `p${index % 5}` }, sk: { S: String(index) } } } }));
    await ask(engine, 'BatchWriteItem', { RequestItems: { [TableName]: requests } });
    for (const limit of [1, 4, 23, 100]) {
      expect(await scanAll(engine, TableName, limit)).toHaveLength(23);
    }
  });

  it('ends a page at 1 MB', async () => {
    for (const sk of ['1', '2', '3', '4']) {
      await ask(engine, 'PutItem', { TableName, Item: { pk: KEY.pk, sk: { S: sk }, big: { S: 'x'.repeat(350_000) } } });
    }
    const query = { TableName, KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': KEY.pk }, ProjectionExpression: 'sk' };
    const page = (await ask(engine, 'Query', query)).body as { LastEvaluatedKey: Json };
    expect(page).toMatchObject({ Count: 2, Items: ['1', '2'].map((sk) => ({ sk: { S: sk } })), LastEvaluatedKey: { pk: KEY.pk, sk: { S: '2' } } });
    const { body } = await ask(engine, 'Query', { ...query, ExclusiveStartKey: page.LastEvaluatedKey });
    expect(body).toEqual({ Count: 2, Items: ['3', '4'].map((sk) => ({ sk: { S: sk } })), ScannedCount: 2 });
  });

  it.each<['N' | 'B', Json[]]>([
    ['N', ['-20', '-3', '0', '0.5', '9', '10', '99999999999999999999', '100000000000000000000'].map((N) => ({ N }))],
    ['B', ['AA==', 'AAE=', 'fw==', 'gA==', '/w=='].map((B) => ({ B }))],
  ])('keeps sort keys of type %s in order', async (type, ordered) => {
    await createTable(engine, 'ordered', type);
    for (const sk of [...ordered].reverse()) {
      await ask(engine, 'PutItem', { TableName: 'ordered', Item: { pk: KEY.pk, sk } });
    }
    const query = (condition: string, bounds: Json, forward: boolean): Json => ({
      TableName: 'ordered', KeyConditionExpression: `pk = :pk${condition}`, ExpressionAttributeValues: { ':pk': KEY.pk, ...bounds }, ScanIndexForward: forward,
      ProjectionExpression: 'sk',
    });
    const all = ordered.map((sk) => ({ sk }));
    const bounds = { ':low': ordered[1], ':high': ordered[3] };
    expect((await ask(engine, 'Query', query('', {}, true))).body).toMatchObject({ Items: all });
    expect((await ask(engine, 'Query', query('', {}, false))).body).toMatchObject({ Items: [...all].reverse() });
    expect((await ask(engine, 'Query', query(' AND sk BETWEEN :low AND :high', bounds, true))).body).toMatchObject({ Items: all.slice(1, 4) });
    expect((await ask(engine, 'Query', query(' AND sk > :low', { ':low': ordered[1] }, false))).body).toMatchObject({ Items: all.slice(2).reverse() });
  });
});

describe('the table engines side by side', () => {
  let theirs: TableEngine;
  let tables = 0;

  beforeAll(async () => {
    theirs = await ENGINES[1][1]();
  });
  afterAll(() => theirs.close());

  it('answer any calls alike, and hold the same in the end', async () => {
    await fc.assert(fc.asyncProperty(fc.array(anyCall, { minLength: 1, maxLength: 20 }), async (calls) => {
      const ours = new MemoryTableEngine();
      const name = `table-${tables++}`;
      await Promise.all([createTable(ours, name), createTable(theirs, name)]);
      for (const [operation, input] of calls) {
        const renamed: Json = JSON.parse(JSON.stringify(input).replaceAll('"table"', `"${name}"`).replaceAll('\\"table\\"', `\\"${name}\\"`));
        expect([operation, renamed, await ask(ours, operation, renamed)]).toEqual([operation, renamed, await ask(theirs, operation, renamed)]);
      }
      expect(await scanAll(ours, name, 3)).toEqual(await scanAll(theirs, name, 3));
    }), { numRuns: 40 });
  }, 120_000);

  it.each(Object.keys(EXCEPTIONS))('differ in %s, where ours follows the service', async (name) => {
    const { before, call: [operation, input], ours: expected, theirs: other } = EXCEPTIONS[name];
    const [ours, dynoxide] = [new MemoryTableEngine(), await ENGINES[1][1]()];
    try {
      for (const engine of [ours, dynoxide]) {
        await createTable(engine, TableName);
        for (const [earlier, members] of before) {
          expect((await ask(engine, earlier, members)).status).toBe(200);
        }
      }
      expect(await ask(ours, operation, input)).toEqual(expected);
      expect(await ask(dynoxide, operation, input)).toEqual(other);
    } finally {
      await dynoxide.close();
    }
  });
});
