import fc from 'fast-check';
import { equalItems, type Item } from '../../../../local/engines/table/attribute-value';
import { DynoxideEngine, type EngineAnswer, type TableEngine, TableHost } from '../../../../local/engines/table';
import { configurationOf, LEDGER, RawClient, replay, type StreamRecord } from './support';

/** Many calls to an engine in another process, on a machine that may be busy. */
jest.setTimeout(60_000);

const PARTITIONS = ['p1', 'p2'];
const SORTS = ['s1', 's2', 's3'];

/** One call of a client. */
interface Write {
  readonly operation: string;
  readonly input: object;
}

const key = fc.record({ pk: fc.constantFrom(...PARTITIONS), sk: fc.constantFrom(...SORTS) }).map(({ pk, sk }) => ({ pk: { S: pk }, sk: { S: sk } }));
const amount = fc.integer({ min: 0, max: 3 }).map(String);

function write(operation: string, input: fc.Arbitrary<object>): fc.Arbitrary<Write> {
  return input.map((value) => ({ operation, input: value }));
}

function insertStatement({ pk, sk }: { pk: { S: string }; sk: { S: string } }, n: string, literal: boolean): object {
  return literal
    ? { Statement: `INSERT INTO "ledger" VALUE {'pk':'${pk.S}','sk':'${sk.S}','n':${n}.0}` }
    : { Statement: `INSERT INTO "ledger" VALUE {'pk':?,'sk':?,'n':?}`, Parameters: [pk, sk, { N: `0${n}` }] };
}

const batch = fc.uniqueArray(fc.tuple(key, amount, fc.boolean(), fc.boolean()), { minLength: 1, selector: ([it]) => it.pk.S + it.sk.S });
const update = (atMost: string): object => ({
  TableName: 'ledger', UpdateExpression: 'SET n = n + :one', ConditionExpression: 'n <= :most',
  ExpressionAttributeValues: { ':one': { N: '1' }, ':most': { N: atMost } },
});

const anyWrite: fc.Arbitrary<Write> = fc.oneof(
  write('BatchExecuteStatement', batch.map((statements) => ({
    Statements: statements.map(([it, n, literal, insert]) => (insert
      ? insertStatement(it, n, literal)
      : { Statement: 'UPDATE ledger SET n = n + 1 WHERE pk = ? AND sk = ? AND n < ?', Parameters: [it.pk, it.sk, { N: n }] })),
  }))),
  write('ExecuteStatement', key.map(({ pk, sk }) => ({ Statement: `DELETE FROM ledger WHERE pk='${pk.S}' AND sk='${sk.S}'` }))),
  write('PutItem', fc.tuple(key, amount, fc.boolean()).map(([it, n, onlyNew]) => ({
    TableName: 'ledger', Item: { ...it, n: { N: n } }, ...(onlyNew ? { ConditionExpression: 'attribute_not_exists(pk)' } : {}),
  }))),
  write('UpdateItem', fc.tuple(key, amount).map(([it, n]) => ({ ...update(n), Key: it }))),
  write('DeleteItem', key.map((it) => ({ TableName: 'ledger', Key: it }))),
  write('BatchWriteItem', batch.map((items) => ({
    RequestItems: { ledger: items.map(([it, n, put]) => (put ? { PutRequest: { Item: { ...it, n: { N: n } } } } : { DeleteRequest: { Key: it } })) },
  }))),
  write('TransactWriteItems', batch.map((items) => ({
    TransactItems: items.map(([it, n, put, onlyNew]) => (put
      ? { Put: { TableName: 'ledger', Item: { ...it, n: { N: n } }, ...(onlyNew ? { ConditionExpression: 'attribute_not_exists(pk)' } : {}) } }
      : { Update: { ...update(n), Key: it } })),
  }))),
);

/**
 * Each record must find what the one of its item before it left, in the shard or in its parent, which is listed before it; the engine's
 * own order of attributes does not matter.
 */
function expectUnbroken(shards: readonly (readonly StreamRecord[])[]): void {
  const now = new Map<string, Item>();
  for (const shard of shards) {
    shard.forEach(({ eventName, dynamodb }, index) => {
      const id = JSON.stringify(dynamodb.Keys);
      expect(equalItems(now.get(id), dynamodb.OldImage)).toBe(true);
      expect(equalItems(dynamodb.OldImage, dynamodb.NewImage)).toBe(false);
      expect(eventName).toBe(!dynamodb.OldImage ? 'INSERT' : dynamodb.NewImage ? 'MODIFY' : 'REMOVE');
      expect(index === 0 || dynamodb.SequenceNumber > shard[index - 1].dynamodb.SequenceNumber).toBe(true);
      if (dynamodb.NewImage) {
        now.set(id, dynamodb.NewImage);
      } else {
        now.delete(id);
      }
    });
  }
}

async function expectExact(client: RawClient): Promise<void> {
  const shards = await client.readStream();
  expectUnbroken(shards);
  const { body } = await client.call<{ Items: Item[] }>('Scan', { TableName: 'ledger', ConsistentRead: true });
  const described = replay(shards);
  expect(body.Items).toHaveLength(described.size);
  for (const item of body.Items) {
    expect(equalItems(described.get(JSON.stringify({ pk: item.pk, sk: item.sk })), item)).toBe(true);
  }
}

/** Loses answers of writes: some before the engine got the call, some after it carried it out. */
class LosingEngine implements TableEngine {
  public readonly title = 'losing';
  public lose: 'never' | 'before' | 'after' | (() => 'never' | 'before' | 'after') = 'never';

  constructor(private readonly engine: TableEngine) {}

  public get prefersLiterals(): boolean {
    return this.engine.prefersLiterals === true;
  }

  public async call(operation: string, body: Buffer | string): Promise<EngineAnswer> {
    const isRead = operation === 'BatchGetItem' || operation === 'Scan' || operation === 'CreateTable';
    const lose = isRead ? 'never' : typeof this.lose === 'function' ? this.lose() : this.lose;
    if (lose === 'before') {
      throw new Error('connection refused');
    }
    const answer = await this.engine.call(operation, body);
    if (lose === 'after') {
      throw new Error('connection reset');
    }
    return answer;
  }

  public close(): Promise<void> {
    return this.engine.close();
  }
}

describe('the stream cut from the writes', () => {
  let engine: LosingEngine;
  let host: TableHost;
  let client: RawClient;

  beforeAll(async () => {
    engine = new LosingEngine(await DynoxideEngine.start());
    host = await TableHost.start(configurationOf(LEDGER), { engine });
    client = new RawClient(host.port);
  });
  afterAll(async () => {
    client.close();
    await host.close();
  });

  it('describes exactly the table, whatever writes meet on few items', async () => {
    engine.lose = 'never';
    let succeeded = 0;
    await fc.assert(fc.asyncProperty(fc.array(anyWrite, { minLength: 20, maxLength: 40 }), async (writes) => {
      const calls = writes.map(({ operation, input }) => client.call(operation, input));
      host.rollStreamShards();
      const answers = await Promise.all(calls);
      expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
      succeeded += answers.filter(({ status }) => status === 200).length;
      await expectExact(client);
    }), { numRuns: 12 });
    expect(succeeded).toBeGreaterThan(50);
    const events = (await client.readStream()).flat().map(({ eventName }) => eventName);
    expect(new Set(events)).toEqual(new Set(['INSERT', 'MODIFY', 'REMOVE']));
  });

  it('describes exactly the table when answers of the engine are lost', async () => {
    await fc.assert(fc.asyncProperty(
      fc.array(anyWrite, { minLength: 10, maxLength: 20 }),
      fc.infiniteStream(fc.constantFrom('never', 'before', 'after', 'never')),
      async (writes, fates) => {
        engine.lose = () => fates.next().value as 'never' | 'before' | 'after';
        const calls = writes.map(({ operation, input }) => client.call(operation, input));
        host.rollStreamShards();
        await Promise.all(calls);
        await expectExact(client);
      },
    ), { numRuns: 8 });
    expect(host.statistics().lostAnswers).toBeGreaterThan(10);
  });

  describe('when one answer is lost', () => {
    const records = async (pk: string): Promise<string[]> =>
      (await client.readStream()).flat().filter(({ dynamodb }) => dynamodb.Keys.pk.S === pk).map(({ eventName }) => eventName);
    const insert = (pk: string) => client.call<{ __type?: string; Responses?: { Error?: { Code: string } }[] }>('BatchExecuteStatement', {
      Statements: [insertStatement({ pk: { S: pk }, sk: { S: '1' } }, '1', false)],
    });

    it('stamps an insert once, and the repeated one not again, whether its answer comes or is lost too', async () => {
      engine.lose = 'after';
      expect(await insert('lost')).toMatchObject({ status: 500, body: { __type: expect.stringContaining('#InternalServerError') } });
      expect(await records('lost')).toEqual(['INSERT']);
      expect((await insert('lost')).status).toBe(500);
      engine.lose = 'never';
      expect((await insert('lost')).body.Responses?.[0].Error?.Code).toBe('DuplicateItem');
      expect(await records('lost')).toEqual(['INSERT']);
    });

    it('stamps an insert that comes after a removal, though its answer is lost', async () => {
      engine.lose = 'never';
      await insert('again');
      await client.call('DeleteItem', { TableName: 'ledger', Key: { pk: { S: 'again' }, sk: { S: '1' } } });
      engine.lose = 'after';
      await insert('again');
      engine.lose = 'never';
      expect(await records('again')).toEqual(['INSERT', 'REMOVE', 'INSERT']);
    });

    it('stamps nothing for a write that never reached the engine', async () => {
      engine.lose = 'before';
      expect((await insert('never')).status).toBe(500);
      engine.lose = 'never';
      expect(await records('never')).toEqual([]);
    });

    it('lets the next write of the item go on', async () => {
      engine.lose = 'after';
      const lost = insert('queue');
      const next = client.call('UpdateItem', { ...update('9'), Key: { pk: { S: 'queue' }, sk: { S: '1' } } });
      expect((await lost).status).toBe(500);
      expect((await next).status).toBe(500);
      engine.lose = 'never';
      expect(await records('queue')).toEqual(['INSERT', 'MODIFY']);
    });
  });
});
