import {
  BatchExecuteStatementCommand, BatchWriteItemCommand, DescribeTableCommand, DynamoDBClient, ExecuteStatementCommand, TransactionCanceledException,
} from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand, DeleteCommand, DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand, ScanCommand, TransactGetCommand,
  TransactWriteCommand, UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { type TableConfiguration, TableHost, type TableHostStatistics } from '../../../../local/engines/table';
import { configurationOf, LEDGER, RawClient, STREAM_ARN, type StreamRecord } from './support';

const OTHER: TableConfiguration = { ...LEDGER, name: 'other', streamArn: undefined, timeToLiveAttribute: 'expiresAt' };
const COUNTERS: TableConfiguration = {
  ...LEDGER, name: 'counters', partitionKey: { name: 'id', type: 'N' }, sortKey: undefined, streamArn: STREAM_ARN.replace('table/ledger', 'table/counters'), streamShards: 1,
};

describe('table host', () => {
  let host: TableHost;
  let raw: RawClient;
  let sdk: DynamoDBClient;
  let documents: DynamoDBDocumentClient;

  beforeAll(async () => {
    host = await TableHost.start(configurationOf(LEDGER, OTHER, COUNTERS));
    raw = new RawClient(host.port);
    sdk = new DynamoDBClient({
      endpoint: host.endpoint, region: 'eu-west-1', maxAttempts: 1, credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
      requestHandler: new NodeHttpHandler(),
    });
    documents = DynamoDBDocumentClient.from(sdk);
  });
  afterAll(async () => {
    raw.close();
    sdk.destroy();
    await host.close();
  });

  /** Records of one partition key, in the order of its shard. */
  const recordsOf = async (partition: string): Promise<StreamRecord[]> =>
    (await raw.readStream()).flat().filter((record) => record.dynamodb.Keys.pk.S === partition);
  const namesOf = async (partition: string): Promise<string[]> => (await recordsOf(partition)).map((record) => record.eventName);

  it('serves the document client of the AWS SDK, and stamps each change with what was before and after', async () => {
    const key = { pk: 'sdk', sk: '1' };
    await documents.send(new PutCommand({ TableName: 'ledger', Item: { ...key, amount: 5, list: [1, 'a', { deep: true }], nothing: null } }));
    await documents.send(new UpdateCommand({
      TableName: 'ledger', Key: key, UpdateExpression: 'SET amount = amount + :more REMOVE nothing', ExpressionAttributeValues: { ':more': 7 },
    }));
    expect((await documents.send(new GetCommand({ TableName: 'ledger', Key: key, ConsistentRead: true }))).Item).toEqual({
      ...key, amount: 12, list: [1, 'a', { deep: true }],
    });
    await documents.send(new DeleteCommand({ TableName: 'ledger', Key: key }));
    const [inserted, modified, removed] = await recordsOf('sdk');
    expect(await namesOf('sdk')).toEqual(['INSERT', 'MODIFY', 'REMOVE']);
    expect(inserted.dynamodb.NewImage).toEqual({
      pk: { S: 'sdk' }, sk: { S: '1' }, amount: { N: '5' }, list: { L: [{ N: '1' }, { S: 'a' }, { M: { deep: { BOOL: true } } }] }, nothing: { NULL: true },
    });
    expect(modified.dynamodb.OldImage).toEqual(inserted.dynamodb.NewImage);
    expect(modified.dynamodb.NewImage).toMatchObject({ amount: { N: '12' } });
    expect(modified.dynamodb.NewImage).not.toHaveProperty('nothing');
    expect(removed.dynamodb.OldImage).toEqual(modified.dynamodb.NewImage);
    expect(removed.dynamodb.NewImage).toBeUndefined();
  });

  it('stamps nothing for a write that changes nothing or fails', async () => {
    const Item = { pk: 'same', sk: '1', set: new Set(['b', 'a']), amount: 1 };
    await documents.send(new PutCommand({ TableName: 'ledger', Item }));
    await documents.send(new PutCommand({ TableName: 'ledger', Item: { ...Item, set: new Set(['a', 'b']) } }));
    const Key = { pk: 'same', sk: '1' };
    await documents.send(new UpdateCommand({ TableName: 'ledger', Key, UpdateExpression: 'SET amount = :one', ExpressionAttributeValues: { ':one': 1 } }));
    await documents.send(new DeleteCommand({ TableName: 'ledger', Key: { pk: 'same', sk: 'not there' } }));
    await expect(documents.send(new PutCommand({ TableName: 'ledger', Item: { ...Item, amount: 2 }, ConditionExpression: 'attribute_not_exists(pk)' })))
      .rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
    expect(await namesOf('same')).toEqual(['INSERT']);
    await documents.send(new PutCommand({ TableName: 'ledger', Item: { ...Item, amount: 2 } }));
    expect(await namesOf('same')).toEqual(['INSERT', 'MODIFY']);
  });

  it('inserts a batch of statements, each of which fails alone', async () => {
    const statement = (sk: string, n: string) => ({
      Statement: `INSERT INTO "ledger" VALUE {'pk':?,'sk':?,'n':?,'fixed':'x'}`, Parameters: [{ S: 'batch' }, { S: sk }, { N: n }],
    });
    await sdk.send(new BatchExecuteStatementCommand({ Statements: [statement('1', '1.50')] }));
    const { Responses } = await sdk.send(new BatchExecuteStatementCommand({
      Statements: [
        statement('1', '2'), { Statement: `INSERT INTO ledger VALUE {'pk':'batch','sk':'2','n':-0.10}` }, { Statement: 'SELEKT' },
        { Statement: `INSERT INTO nowhere VALUE {'pk':'batch','sk':'3'}` }, { Statement: `INSERT INTO ledger VALUE {'pk':'batch'}` },
        { ...statement('4', '4'), Parameters: [{ S: 'batch' }] }, { Statement: `UPDATE ledger SET n=1 WHERE pk='batch' OR n=1` }, statement('5', '5'),
      ],
    }));
    expect(Responses?.map((response) => response.Error?.Code)).toEqual([
      'DuplicateItem', undefined, 'ValidationError', 'ResourceNotFound', 'ValidationError', 'ValidationError', 'ValidationError', undefined,
    ]);
    const records = await recordsOf('batch');
    expect(records.map((record) => [record.eventName, record.dynamodb.NewImage])).toEqual([
      ['INSERT', { pk: { S: 'batch' }, sk: { S: '1' }, n: { N: '1.5' }, fixed: { S: 'x' } }],
      ['INSERT', { pk: { S: 'batch' }, sk: { S: '2' }, n: { N: '-0.1' } }],
      ['INSERT', { pk: { S: 'batch' }, sk: { S: '5' }, n: { N: '5' }, fixed: { S: 'x' } }],
    ]);
    const { Items } = await documents.send(new QueryCommand({ TableName: 'ledger', KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': 'batch' } }));
    expect(Items).toHaveLength(3);
  });

  it('updates and deletes with statements', async () => {
    await sdk.send(new ExecuteStatementCommand({ Statement: `INSERT INTO ledger VALUE {'pk':'partiql','sk':'1','n':1}` }));
    const { Responses } = await sdk.send(new BatchExecuteStatementCommand({
      Statements: [
        { Statement: 'UPDATE ledger SET n = n + ? WHERE pk = ? AND sk = ? AND n < 5', Parameters: [{ N: '2' }, { S: 'partiql' }, { S: '1' }] },
        { Statement: `UPDATE ledger SET n = n + 1 WHERE pk = 'partiql' AND sk = 'absent'` },
      ],
    }));
    expect(Responses?.map((response) => response.Error?.Code)).toEqual([undefined, 'ConditionalCheckFailed']);
    const selected = await sdk.send(new ExecuteStatementCommand({ Statement: `SELECT * FROM ledger WHERE pk = 'partiql' AND sk = '1'`, ConsistentRead: true }));
    expect(selected.Items?.[0].n).toEqual({ N: '3' });
    await sdk.send(new ExecuteStatementCommand({ Statement: `DELETE FROM ledger WHERE pk = 'partiql' AND sk = '1'` }));
    await expect(sdk.send(new ExecuteStatementCommand({ Statement: `INSERT INTO ledger VALUE {'pk':'batch','sk':'1'}` })))
      .rejects.toMatchObject({ name: 'DuplicateItemException' });
    expect((await recordsOf('partiql')).map((record) => [record.eventName, record.dynamodb.OldImage?.n, record.dynamodb.NewImage?.n])).toEqual([
      ['INSERT', undefined, { N: '1' }], ['MODIFY', { N: '1' }, { N: '3' }], ['REMOVE', { N: '3' }, undefined],
    ]);
  });

  it('carries out transactions whole and stamps each item', async () => {
    const pk = 'transaction';
    await documents.send(new PutCommand({ TableName: 'ledger', Item: { pk, sk: 'payment', refundable: 10 } }));
    const refund = (sk: string, amount: number, ClientRequestToken?: string) => documents.send(new TransactWriteCommand({
      ClientRequestToken,
      TransactItems: [
        { Put: { TableName: 'ledger', Item: { pk, sk, amount }, ConditionExpression: 'attribute_not_exists(pk)' } },
        {
          Update: {
            TableName: 'ledger', Key: { pk, sk: 'payment' }, UpdateExpression: 'SET refundable = refundable - :amount', ConditionExpression: 'refundable >= :amount',
            ExpressionAttributeValues: { ':amount': amount }, ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          },
        },
        { ConditionCheck: { TableName: 'other', Key: { pk, sk: 'blocked' }, ConditionExpression: 'attribute_not_exists(pk)' } },
      ],
    }));
    await refund('refund-1', 7, 'token-1');
    await refund('refund-1', 7, 'token-1');
    const refused = await refund('refund-2', 7).catch((error) => error as TransactionCanceledException);
    expect((refused as TransactionCanceledException).CancellationReasons).toMatchObject([
      { Code: 'None' }, { Code: 'ConditionalCheckFailed', Item: { refundable: { N: '3' } } }, { Code: 'None' },
    ]);
    const records = await recordsOf(pk);
    expect(records.map((record) => `${record.eventName} ${record.dynamodb.Keys.sk.S}`)).toEqual(['INSERT payment', 'INSERT refund-1', 'MODIFY payment']);
    expect(records[2].dynamodb.NewImage?.refundable).toEqual({ N: '3' });
    const read = await documents.send(new TransactGetCommand({
      TransactItems: [{ Get: { TableName: 'ledger', Key: { pk, sk: 'payment' } } }, { Get: { TableName: 'ledger', Key: { pk, sk: 'refund-2' } } }],
    }));
    expect(read.Responses?.map((response) => response.Item?.refundable)).toEqual([3, undefined]);
  });

  it('stamps nothing for a transaction that repeats a client token, also when the item has changed since', async () => {
    const Item = { pk: 'repeated', sk: '1', n: 1 };
    const transaction = new TransactWriteCommand({ ClientRequestToken: 'token-2', TransactItems: [{ Put: { TableName: 'ledger', Item } }] });
    await documents.send(transaction);
    await documents.send(new PutCommand({ TableName: 'ledger', Item: { ...Item, n: 2 } }));
    await documents.send(transaction);
    expect((await recordsOf('repeated')).map((record) => record.dynamodb.NewImage?.n)).toEqual([{ N: '1' }, { N: '2' }]);
  });

  it('writes and reads batches of items, over several tables', async () => {
    await sdk.send(new BatchWriteItemCommand({
      RequestItems: {
        ledger: [
          { PutRequest: { Item: { pk: { S: 'items' }, sk: { S: '1' } } } }, { PutRequest: { Item: { pk: { S: 'items' }, sk: { S: '2' } } } },
          { DeleteRequest: { Key: { pk: { S: 'items' }, sk: { S: 'absent' } } } },
        ],
        other: [{ PutRequest: { Item: { pk: { S: 'items' }, sk: { S: '1' } } } }],
      },
    }));
    await sdk.send(new BatchWriteItemCommand({ RequestItems: { ledger: [{ DeleteRequest: { Key: { pk: { S: 'items' }, sk: { S: '1' } } } }] } }));
    expect(await namesOf('items')).toEqual(['INSERT', 'INSERT', 'REMOVE']);
    const keys = [{ pk: 'items', sk: '1' }, { pk: 'items', sk: '2' }];
    const { Responses } = await documents.send(new BatchGetCommand({
      RequestItems: { ledger: { Keys: keys, ConsistentRead: true }, other: { Keys: keys } },
    }));
    expect(Responses).toEqual({ ledger: [keys[1]], other: [keys[0]] });
    expect((await documents.send(new ScanCommand({ TableName: 'other' }))).Items).toContainEqual(keys[0]);
  });

  it('names an item by the value of a number key, however it is written', async () => {
    await raw.call('PutItem', { TableName: 'counters', Item: { id: { N: '1.0' }, n: { N: '1' } } });
    await raw.call('UpdateItem', { TableName: 'counters', Key: { id: { N: '1' } }, UpdateExpression: 'SET n = :n', ExpressionAttributeValues: { ':n': { N: '2' } } });
    const [records] = await raw.readStream(COUNTERS.streamArn);
    expect(records.map((record) => [record.eventName, record.dynamodb.Keys])).toEqual([['INSERT', { id: { N: '1' } }], ['MODIFY', { id: { N: '1' } }]]);
  });

  it('describes tables with their streams', async () => {
    const { Table } = await sdk.send(new DescribeTableCommand({ TableName: 'ledger' }));
    expect(Table).toMatchObject({
      TableStatus: 'ACTIVE', LatestStreamArn: STREAM_ARN, StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
      TableArn: 'arn:aws:dynamodb:eu-west-1:111111111111:table/ledger',
    });
    expect((await sdk.send(new DescribeTableCommand({ TableName: 'other' }))).Table?.LatestStreamArn).toBeUndefined();
    expect((await raw.call('DescribeTimeToLive', { TableName: 'other' })).body).toEqual({
      TimeToLiveDescription: { TimeToLiveStatus: 'ENABLED', AttributeName: 'expiresAt' },
    });
  });

  it.each([
    ['an operation that is not served', 'UpdateTable', {}, 'UnknownOperationException', /UpdateTable/],
    ['a transaction of statements', 'ExecuteTransaction', {}, 'UnknownOperationException', /ExecuteTransaction/],
    ['a body that is no JSON', 'PutItem', '{', 'SerializationException', /./],
    ['a body that is no object', 'PutItem', '[]', 'SerializationException', /./],
    ['a value that is none', 'PutItem', { TableName: 'ledger', Item: { pk: { S: 'a' }, sk: { S: 'a' }, x: { S: 1 } } }, 'SerializationException', /./],
    ['an unknown table', 'GetItem', { TableName: 'nope', Key: {} }, 'ResourceNotFoundException', /nope/],
    ['an item without its key', 'PutItem', { TableName: 'ledger', Item: { pk: { S: 'a' } } }, 'ValidationException', /Missing the key sk/],
    ['a key of another type', 'PutItem', { TableName: 'ledger', Item: { pk: { N: '1' }, sk: { S: 'a' } } }, 'ValidationException', /expected: S actual: N/],
    ['a statement of unknown shape', 'ExecuteStatement', { Statement: 'DROP TABLE ledger' }, 'ValidationException', /expected INSERT/],
    ['too many statements', 'BatchExecuteStatement', { Statements: Array(26).fill({ Statement: 'x' }) }, 'ValidationException', /limit is 25/],
    ['reads among writes', 'BatchExecuteStatement', {
      Statements: [{ Statement: "SELECT * FROM ledger WHERE pk='a' AND sk='a'" }, { Statement: "INSERT INTO ledger VALUE {'pk':'a','sk':'a'}" }],
    }, 'ValidationException', /Read and write requests/],
    ['one item twice in a batch', 'BatchExecuteStatement', { Statements: Array(2).fill({ Statement: "INSERT INTO ledger VALUE {'pk':'a','sk':'a'}" }) }, 'ValidationException', /duplicates/],
    ['an unknown transaction item', 'TransactWriteItems', { TransactItems: [{ Touch: { TableName: 'ledger' } }] }, 'ValidationException', /Put, Update or Delete/],
  ])('refuses %s', async (_, operation, input, type, message) => {
    const { status, body } = await raw.call<{ __type: string; message: string }>(operation, input);
    expect(status).toBe(400);
    expect(body.__type.split('#')[1]).toBe(type);
    expect(body.message).toMatch(message);
    expect(await namesOf('a')).toEqual([]);
  });

  it('keeps its tables in a folder and refuses one that holds some already', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'table-host-'));
    const first = await TableHost.start({ ...configurationOf(LEDGER), folder });
    await first.close();
    expect(fs.readdirSync(folder)).toContain('tables.sqlite');
    await expect(TableHost.start({ ...configurationOf(LEDGER), folder })).rejects.toThrow('Table ledger cannot be created, which needs an engine without tables');
    fs.rmSync(folder, { recursive: true });
  });

  it('runs without a binary on the tables of this kit', async () => {
    const memory = await TableHost.start({ ...configurationOf(LEDGER), engine: 'memory' });
    const client = new RawClient(memory.port);
    await client.call('ExecuteStatement', { Statement: "INSERT INTO ledger VALUE {'pk':'a','sk':'b'}" });
    expect((await client.readStream()).flat()).toHaveLength(1);
    expect(memory.engine).not.toContain('dynoxide');
    client.close();
    await memory.close();
  });

  it('puts older stream records into its folder, and takes the files away at the end', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'table-host-'));
    const spilling = await TableHost.start({ ...configurationOf({ ...LEDGER, streamShards: 1 }), engine: 'memory', spillFolder: folder });
    const client = new RawClient(spilling.port);
    const text = { S: 'x'.repeat(300_000) };
    for (let index = 0; index < 80; index++) {
      await client.call('PutItem', { TableName: 'ledger', Item: { pk: { S: 'a' }, sk: { S: String(index) }, text } });
    }
    const { streamBytes, streamFileBytes } = spilling.statistics().tables.ledger;
    expect(streamBytes).toBeLessThan(17 * 1024 * 1024);
    expect(streamBytes + streamFileBytes).toBeGreaterThan(80 * 300_000);
    expect(fs.readdirSync(folder)).toHaveLength(1);
    const records = (await client.readStream()).flat();
    expect(records.map((record) => record.dynamodb.Keys.sk.S)).toEqual(Array.from({ length: 80 }, (_, index) => String(index)));
    expect(records.every((record) => record.dynamodb.NewImage?.text.S === text.S)).toBe(true);
    client.close();
    await spilling.close();
    expect(fs.readdirSync(folder)).toEqual([]);
    fs.rmSync(folder, { recursive: true });
  });

  it.each([
    [{ engine: 'other' as 'memory' }, '`engine` must be dynoxide or memory, got: other'],
    [{ seed: 1.5 }, '`seed` must be a whole number, got: 1.5'],
    [{ callsInFlight: 0 }, '`callsInFlight` must be a whole number of at least 1, got: 0'],
  ])('refuses a host with %j', async (wrong, message) => {
    await expect(TableHost.start({ ...configurationOf(LEDGER), ...wrong })).rejects.toThrow(message);
  });

  it.each([
    [{ name: 'ab' }, '`name` of a table must be 3 to 255 characters'],
    [{ streamShards: 0 }, '`streamShards` of `ledger` must be a whole number of at least 1, got: 0'],
    [{ writeUnitsPerSecond: 0 }, '`writeUnitsPerSecond` of `ledger` must be above 0, got: 0'],
    [{ streamArn: 'arn:x' }, '`streamArn` of ledger must be the ARN of a table stream, got: arn:x'],
  ])('refuses the configuration %j', async (wrong, message) => {
    await expect(TableHost.start(configurationOf({ ...LEDGER, ...wrong }))).rejects.toThrow(message);
  });

  it('tells its counters', async () => {
    const response = await fetch(`${host.endpoint}/control/statistics`);
    const statistics = (await response.json()) as TableHostStatistics;
    expect(host.engine).toMatch(/^dynoxide \d/);
    expect(statistics).toMatchObject({ throttled: 0, lostAnswers: 0, engine: { inFlight: 0, waiting: 0 } });
    expect(statistics.tables.ledger.streamRecords).toBe((await raw.readStream()).flat().length);
    expect(statistics.tables.ledger.writes).toBeGreaterThan(statistics.tables.ledger.streamRecords);
    expect(statistics.tables.other.streamRecords).toBe(0);
  });
});
