import { TableFront } from '../../../../local/engines/table/front/table-front';
import type { TableConfiguration } from '../../../../local/engines/table';
import { configurationOf, LEDGER } from './support';

const KEY = { pk: { S: 'hot' }, sk: { S: '1' } };

/** A front whose engine answers each statement and item with success, and shows what reached it. */
function frontOf(table: Partial<TableConfiguration>, clock = () => 0) {
  const reached: { operation: string; input: { Statements?: unknown[]; RequestItems?: Record<string, unknown[]> } }[] = [];
  const front = new TableFront({
    tables: [{ ...LEDGER, streamArn: undefined, partitions: 1, ...table }],
    limits: { partitionWriteUnits: 1_000, partitionReadUnits: 3_000, writeUnitBytes: 1024, readUnitBytes: 4096 },
  }, {
    title: 'double',
    call: async (operation, body) => {
      const input = JSON.parse(body.toString());
      reached.push({ operation, input });
      const large = { ...KEY, text: { S: 'x'.repeat(8_000) } };
      const output = {
        BatchExecuteStatement: { Responses: input.Statements?.map(() => ({ TableName: 'ledger' })) },
        BatchGetItem: { Responses: { ledger: [large] }, UnprocessedKeys: {} },
        GetItem: { Item: large },
        Query: { Items: [large, large] },
        TransactGetItems: { Responses: [{ Item: large }] },
      }[operation] ?? {};
      return { status: 200, body: JSON.stringify(output) };
    },
    close: async () => undefined,
  }, { clock });
  const call = async (operation: string, input: object) => {
    const { status, body } = await front.handle(`DynamoDB_20120810.${operation}`, Buffer.from(JSON.stringify(input)));
    return { status, body: JSON.parse(body as string) };
  };
  return { front, call, reached };
}

const insert = (sk: number, text = '') => ({ Statement: "INSERT INTO ledger VALUE {'pk':?,'sk':?,'text':?}", Parameters: [{ S: 'hot' }, { S: String(sk) }, { S: text }] });
const put = (sk: string) => ({ PutRequest: { Item: { ...KEY, sk: { S: sk } } } });

describe('throttling', () => {
  it('lets the statement alone fail and the others through', async () => {
    const { call, reached, front } = frontOf({ writeUnitsPerSecond: 4 });
    const { status, body } = await call('BatchExecuteStatement', { Statements: [insert(1), insert(2, 'x'.repeat(1_500)), insert(3), insert(4), insert(5)] });
    expect(status).toBe(200);
    expect(body.Responses.map((response: { Error?: { Code: string } }) => response.Error?.Code)).toEqual([undefined, undefined, undefined, 'ThrottlingError', 'ThrottlingError']);
    expect(reached[0].input.Statements).toHaveLength(3);
    expect(front.statistics().tables.ledger).toMatchObject({ writes: 3, writeUnits: 4, throttledWrites: 2 });
    expect(front.statistics().throttled).toBe(2);
  });

  it('answers a batch of which nothing is left without asking the engine', async () => {
    const { call, reached } = frontOf({ writeUnitsPerSecond: 1, billing: 'provisioned' });
    await call('BatchExecuteStatement', { Statements: [insert(1)] });
    const { body } = await call('BatchExecuteStatement', { Statements: [insert(2)] });
    expect(body.Responses).toMatchObject([{ Error: { Code: 'ProvisionedThroughputExceeded' }, TableName: 'ledger' }]);
    expect(reached).toHaveLength(1);
  });

  it('holds each partition to its own limit and names it', async () => {
    const { call } = frontOf({ writeUnitsPerSecond: 1e6 });
    await call('PutItem', { TableName: 'ledger', Item: { ...KEY, text: { S: 'x'.repeat(380_000) } } });
    await call('PutItem', { TableName: 'ledger', Item: { ...KEY, text: { S: 'x'.repeat(380_000) } } });
    const { status, body } = await call('PutItem', { TableName: 'ledger', Item: { ...KEY, text: { S: 'x'.repeat(380_000) } } });
    expect(status).toBe(400);
    expect(body.__type).toBe('com.amazon.coral.availability#ThrottlingException');
    expect(body.throttlingReasons).toEqual([{ reason: 'TableWriteKeyRangeThroughputExceeded', resource: 'arn:aws:dynamodb:local:000000000000:table/ledger' }]);
  });

  it('throttles single calls and recovers with time', async () => {
    let now = 0;
    const { call } = frontOf({ writeUnitsPerSecond: 2, readUnitsPerSecond: 2, billing: 'provisioned' }, () => now);
    const update = { TableName: 'ledger', Key: KEY, UpdateExpression: 'SET a = :a', ExpressionAttributeValues: { ':a': { N: '1' } } };
    const remove = { TableName: 'ledger', Key: KEY };
    expect([(await call('UpdateItem', update)).status, (await call('DeleteItem', remove)).status]).toEqual([200, 200]);
    const refused = await call('UpdateItem', update);
    expect(refused.body.__type).toBe('com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException');
    expect(refused.body.ThrottlingReasons[0].reason).toBe('TableWriteProvisionedThroughputExceeded');
    now = 500;
    expect((await call('UpdateItem', update)).status).toBe(200);
    expect((await call('UpdateItem', update)).status).toBe(400);
  });

  it('charges a read by what it found, afterwards', async () => {
    const { call, front } = frontOf({ readUnitsPerSecond: 10 });
    await call('GetItem', { TableName: 'ledger', Key: KEY, ConsistentRead: true });
    expect(front.statistics().tables.ledger.readUnits).toBe(2);
    await call('GetItem', { TableName: 'ledger', Key: KEY });
    expect(front.statistics().tables.ledger.readUnits).toBe(3);
    await call('Query', { TableName: 'ledger', KeyConditionExpression: '#p = :p', ExpressionAttributeNames: { '#p': 'pk' }, ExpressionAttributeValues: { ':p': { S: 'hot' } }, ConsistentRead: true });
    expect(front.statistics().tables.ledger.readUnits).toBe(7);
    await call('TransactGetItems', { TransactItems: [{ Get: { TableName: 'ledger', Key: KEY } }] });
    expect(front.statistics().tables.ledger.readUnits).toBe(11);
    expect((await call('Query', { TableName: 'ledger' })).status).toBe(400);
    expect((await call('GetItem', { TableName: 'ledger', Key: KEY })).body.throttlingReasons[0].reason).toBe('TableReadAccountLimitExceeded');
  });

  it('gives back unprocessed keys and items, and an error when nothing was processed', async () => {
    const { call, reached } = frontOf({ readUnitsPerSecond: 2, writeUnitsPerSecond: 2 });
    const keys = ['1', '2', '3'].map((sk) => ({ ...KEY, sk: { S: sk } }));
    const read = await call('BatchGetItem', { RequestItems: { ledger: { Keys: keys, ConsistentRead: true } } });
    expect(read.body.UnprocessedKeys).toEqual({ ledger: { Keys: [keys[2]], ConsistentRead: true } });
    const written = await call('BatchWriteItem', { RequestItems: { ledger: [put('1'), put('2'), put('3')] } });
    expect(written.body.UnprocessedItems).toEqual({ ledger: [put('3')] });
    expect(reached[1].input.RequestItems?.ledger).toHaveLength(2);
    expect((await call('BatchGetItem', { RequestItems: { ledger: { Keys: keys } } })).body.__type).toMatch(/ThrottlingException$/);
    expect((await call('BatchWriteItem', { RequestItems: { ledger: [put('3')] } })).body.__type).toMatch(/ThrottlingException$/);
  });

  it('cancels a transaction whole, with a reason for each item, and takes no units for it', async () => {
    const { call, front, reached } = frontOf({ writeUnitsPerSecond: 4 });
    const item = (sk: string, text = '') => ({ Put: { TableName: 'ledger', Item: { ...KEY, sk: { S: sk }, text: { S: text } } } });
    const { body } = await call('TransactWriteItems', { TransactItems: [item('1'), item('2'), item('3')] });
    expect(body.__type).toMatch(/TransactionCanceledException$/);
    expect(body.CancellationReasons.map((reason: { Code: string }) => reason.Code)).toEqual(['None', 'None', 'ThrottlingError']);
    expect(body.Message).toContain('[None, None, ThrottlingError]');
    expect(reached).toEqual([]);
    expect(front.statistics().tables.ledger.writeUnits).toBe(0);
    expect((await call('TransactWriteItems', { TransactItems: [item('1'), item('2')] })).status).toBe(200);
    expect(front.statistics().tables.ledger).toMatchObject({ writeUnits: 4, writes: 2, throttledWrites: 1 });
  });

  it('forwards the bytes as they came when nothing was taken out', async () => {
    let forwarded: Buffer | string = '';
    const front = new TableFront(configurationOf(LEDGER), {
      title: 'double',
      call: async (_, body) => {
        forwarded = body;
        return { status: 200, body: '{"Responses":[{"TableName":"ledger"}]}' };
      },
      close: async () => undefined,
    });
    const body = Buffer.from(JSON.stringify({ Statements: [insert(1)] }, null, 3));
    const answer = await front.handle('DynamoDB_20120810.BatchExecuteStatement', body);
    expect(forwarded).toBe(body);
    expect(answer.body).toBe('{"Responses":[{"TableName":"ledger"}]}');
  });
});
