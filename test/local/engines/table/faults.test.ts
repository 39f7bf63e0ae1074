import { DroppedAnswerError, type TableFaults, type TableFront, TableHost } from '../../../../local/engines/table';
import { SeededRandom } from '../../../../local/random/seeded-random';
import { callFront, configurationOf, LEDGER, memoryFront, RawClient, STREAM_ARN, type StreamRecord } from './support';

const OTHER = { ...LEDGER, name: 'other', streamArn: undefined };
const insert = (sk: string, table = 'ledger') => ({ Statement: `INSERT INTO "${table}" VALUE {'pk':?,'sk':?,'n':?}`, Parameters: [{ S: `m-${sk}` }, { S: sk }, { N: '1' }] });
const itemOf = (sk: string) => ({ pk: { S: `m-${sk}` }, sk: { S: sk } });

interface BatchOutput {
  readonly Responses: readonly { readonly Error?: { readonly Code: string } }[];
}

describe('faults of a table host', () => {
  let now: number;
  let front: TableFront;
  const start = async (faults?: TableFaults, seed = 1): Promise<TableFront> => {
    now = 1_700_000_000_000;
    front = await memoryFront(configurationOf(LEDGER, OTHER), {
      clock: () => now,
      // Time passes only when a test says so: a front that waited by timers of its own would not come to an end here.
      sleep: async (milliseconds) => {
        now += milliseconds;
      },
      random: new SeededRandom(seed),
      faults,
    });
    return front;
  };
  /** Inserts at an even rate and returns how many were let through. */
  const insertFor = async (seconds: number, perSecond: number, name: string): Promise<number> => {
    let stored = 0;
    for (let index = 0; index < seconds * perSecond; index++) {
      now += 1000 / perSecond;
      const { body } = await callFront<BatchOutput>(front, 'BatchExecuteStatement', { Statements: [insert(`${name}-${index}`)] });
      stored += body.Responses[0].Error === undefined ? 1 : 0;
    }
    return stored;
  };
  const keysOfStream = async (): Promise<string[]> => {
    const { body } = await callFront<{ StreamDescription: { Shards: { ShardId: string }[] } }>(front, 'DescribeStream', { StreamArn: STREAM_ARN });
    const keys: string[] = [];
    for (const { ShardId } of body.StreamDescription.Shards) {
      const first = await callFront<{ ShardIterator: string }>(front, 'GetShardIterator', { StreamArn: STREAM_ARN, ShardId, ShardIteratorType: 'TRIM_HORIZON' });
      const page = await callFront<{ Records: StreamRecord[] }>(front, 'GetRecords', { ShardIterator: first.body.ShardIterator });
      keys.push(...page.body.Records.map((record) => record.dynamodb.Keys.sk.S as string));
    }
    return keys.sort();
  };

  describe('throttleFactor', () => {
    it('lowers the limit to a share of the writes of the last 5 seconds, and gives it back', async () => {
      await start();
      expect(await insertFor(8, 200, 'before')).toBe(1_600);
      front.setFaults({ throttleFactor: 0.25 });
      // A full bucket of one second comes first, then a quarter of the rate.
      const stored = await insertFor(5, 200, 'during');
      expect(stored).toBeGreaterThan(0.25 * 200 * 4);
      expect(stored).toBeLessThan(0.25 * 200 * 6.5);
      const { faults, throttled } = front.statistics();
      expect(faults.throttledByFault).toBe(1_000 - stored);
      expect(throttled).toBe(faults.throttledByFault);
      front.setFaults({});
      expect(await insertFor(2, 200, 'after')).toBe(400);
      expect(front.statistics().faults.throttledByFault).toBe(1_000 - stored);
    });

    it('spreads the limit over the partitions, so that one key gets only its part', async () => {
      await start();
      await insertFor(5, 100, 'before');
      front.setFaults({ throttleFactor: 1 });
      let stored = 0;
      for (let index = 0; index < 200; index++) {
        now += 10;
        const hot = { Statement: "INSERT INTO ledger VALUE {'pk':'hot','sk':?}", Parameters: [{ S: String(index) }] };
        stored += (await callFront<BatchOutput>(front, 'BatchExecuteStatement', { Statements: [hot] })).body.Responses[0].Error === undefined ? 1 : 0;
      }
      // A fourth of 100 a second for 2 seconds, and a second in advance.
      expect(stored).toBeGreaterThanOrEqual(70);
      expect(stored).toBeLessThanOrEqual(80);
    });

    it('keeps the limit while other faults come and go, and leaves tables alone that were not written', async () => {
      await start();
      await insertFor(5, 100, 'before');
      front.setFaults({ throttleFactor: 0.1 });
      await insertFor(3, 100, 'one');
      // Taken anew it would be a tenth of what was let through since.
      front.setFaults({ throttleFactor: 0.1, expiredIterators: 0.5 });
      const stored = await insertFor(5, 100, 'two');
      expect(stored).toBeGreaterThan(40);
      for (let index = 0; index < 50; index++) {
        expect((await callFront<BatchOutput>(front, 'BatchExecuteStatement', { Statements: [insert(String(index), 'other')] })).body.Responses[0].Error).toBeUndefined();
      }
    });

    it('never raises a limit', async () => {
      now = 0;
      const poor = { ...LEDGER, writeUnitsPerSecond: 10 };
      front = await memoryFront(configurationOf(poor), { clock: () => now });
      const before = await insertFor(10, 100, 'before');
      front.setFaults({ throttleFactor: 50 });
      expect(await insertFor(10, 100, 'during')).toBeLessThanOrEqual(before + 1);
    });
  });

  describe('lostAnswers', () => {
    const writes: [string, object][] = [
      ['ExecuteStatement', insert('1')],
      ['BatchExecuteStatement', { Statements: [insert('2'), insert('3')] }],
      ['ExecuteStatement', { Statement: 'UPDATE ledger SET n = 2 WHERE pk = ? AND sk = ?', Parameters: [{ S: 'm-1' }, { S: '1' }] }],
      ['PutItem', { TableName: 'ledger', Item: itemOf('4') }],
      ['UpdateItem', { TableName: 'ledger', Key: itemOf('5'), UpdateExpression: 'SET n = :n', ExpressionAttributeValues: { ':n': { N: '1' } } }],
      ['DeleteItem', { TableName: 'ledger', Key: itemOf('4') }],
      ['BatchWriteItem', { RequestItems: { ledger: [{ PutRequest: { Item: itemOf('6') } }] } }],
      ['TransactWriteItems', { TransactItems: [{ Put: { TableName: 'ledger', Item: itemOf('7') } }] }],
    ];

    it('carries out every kind of write, stamps it, and gives no answer', async () => {
      await start({ lostAnswers: 1 });
      for (const [operation, input] of writes) {
        await expect(callFront(front, operation, input)).rejects.toThrow(DroppedAnswerError);
      }
      expect(front.statistics().faults.lostAnswers).toBe(writes.length);
      expect(await keysOfStream()).toEqual(['1', '1', '2', '3', '4', '4', '5', '6', '7']);
      const { body } = await callFront<{ Items: unknown[] }>(front, 'Scan', { TableName: 'ledger' });
      expect(body.Items).toHaveLength(6);
    });

    it('answers reads, and writes that had no effect', async () => {
      await start();
      await callFront(front, 'PutItem', { TableName: 'ledger', Item: itemOf('1') });
      front.setFaults({ lostAnswers: 1 });
      const select = { Statement: "SELECT * FROM ledger WHERE pk = 'm-1' AND sk = '1'" };
      expect((await callFront(front, 'GetItem', { TableName: 'ledger', Key: itemOf('1') })).status).toBe(200);
      expect((await callFront(front, 'ExecuteStatement', select)).status).toBe(200);
      expect((await callFront(front, 'BatchExecuteStatement', { Statements: [select] })).status).toBe(200);
      expect((await callFront(front, 'TransactGetItems', { TransactItems: [{ Get: { TableName: 'ledger', Key: itemOf('1') } }] })).status).toBe(200);
      const refused = await callFront<{ __type: string }>(front, 'PutItem', { TableName: 'ledger', Item: itemOf('1'), ConditionExpression: 'attribute_not_exists(pk)' });
      expect(refused.body.__type).toContain('ConditionalCheckFailedException');
      expect(front.statistics().faults.lostAnswers).toBe(0);
    });

    it('strikes as often as its probability says, and at the same calls for the same seed', async () => {
      const fates = async (seed: number): Promise<string> => {
        await start({ lostAnswers: 0.3 }, seed);
        let text = '';
        for (let index = 0; index < 400; index++) {
          text += await callFront(front, 'ExecuteStatement', insert(String(index))).then(() => '.', () => 'x');
        }
        return text;
      };
      const first = await fates(7);
      expect(first.split('x').length - 1).toBeGreaterThan(90);
      expect(first.split('x').length - 1).toBeLessThan(150);
      expect(await fates(7)).toBe(first);
      expect(await fates(8)).not.toBe(first);
    });

    it('is a broken connection to a client of the host', async () => {
      const host = await TableHost.start({ ...configurationOf(LEDGER), engine: 'memory', seed: 3 });
      const client = new RawClient(host.port);
      try {
        host.setFaults({ lostAnswers: 1 });
        await expect(client.call('ExecuteStatement', insert('1'))).rejects.toMatchObject({ code: 'ECONNRESET' });
        host.setFaults({});
        expect((await client.call('ExecuteStatement', insert('1'))).body).toMatchObject({ __type: expect.stringContaining('DuplicateItemException') });
        expect((await client.readStream()).flat()).toHaveLength(1);
        expect(host.statistics().faults).toEqual({ lostAnswers: 1, expiredIterators: 0, refusedKeys: 0, rolledShards: 0, throttledByFault: 0 });
      } finally {
        client.close();
        await host.close();
      }
    });
  });

  it('expires iterators, and a new one goes on', async () => {
    await start({ expiredIterators: 0.5 });
    const { body } = await callFront<{ StreamDescription: { Shards: { ShardId: string }[] } }>(front, 'DescribeStream', { StreamArn: STREAM_ARN });
    const shard = { StreamArn: STREAM_ARN, ShardId: body.StreamDescription.Shards[0].ShardId, ShardIteratorType: 'TRIM_HORIZON' };
    const answers: string[] = [];
    for (let index = 0; index < 100; index++) {
      const { body: { ShardIterator } } = await callFront<{ ShardIterator: string }>(front, 'GetShardIterator', shard);
      const page = await callFront<{ __type?: string }>(front, 'GetRecords', { ShardIterator });
      answers.push(`${page.status} ${page.body.__type?.split('#')[1]}`);
    }
    const expired = answers.filter((answer) => answer === '400 ExpiredIteratorException').length;
    expect(expired).toBeGreaterThan(30);
    expect(answers.filter((answer) => answer === '200 undefined').length).toBe(100 - expired);
    expect(front.statistics().faults.expiredIterators).toBe(expired);
  });

  describe('unstorable', () => {
    const faults: TableFaults = { unstorable: { tables: ['ledger'], keyPrefix: 'poison-' } };

    it('refuses the statement alone, and the others of the batch are carried out', async () => {
      await start(faults);
      const { status, body } = await callFront<BatchOutput>(front, 'BatchExecuteStatement', {
        Statements: [insert('a'), insert('poison-1'), insert('not-poison-1'), insert('poison-1', 'other')],
      });
      expect(status).toBe(200);
      expect(body.Responses.map((response) => response.Error?.Code)).toEqual([undefined, 'ValidationError', undefined, undefined]);
      expect(await keysOfStream()).toEqual(['a', 'not-poison-1']);
      expect(front.statistics().faults.refusedKeys).toBe(1);
    });

    it.each([
      ['ExecuteStatement', insert('poison-1')],
      ['PutItem', { TableName: 'ledger', Item: itemOf('poison-1') }],
      ['UpdateItem', { TableName: 'ledger', Key: itemOf('poison-1'), UpdateExpression: 'SET n = :n', ExpressionAttributeValues: { ':n': { N: '1' } } }],
      ['BatchWriteItem', { RequestItems: { ledger: [{ PutRequest: { Item: itemOf('a') } }, { PutRequest: { Item: itemOf('poison-1') } }] } }],
    ])('refuses %s as a whole', async (operation, input) => {
      await start(faults);
      const { status, body } = await callFront<{ __type: string }>(front, operation, input);
      expect([status, body.__type.split('#')[1]]).toEqual([400, 'ValidationException']);
      expect(await keysOfStream()).toEqual([]);
      expect(front.statistics().tables.ledger.writes).toBe(0);
    });

    it('cancels a transaction, with the reason at its item', async () => {
      await start(faults);
      const put = (sk: string) => ({ Put: { TableName: 'ledger', Item: itemOf(sk) } });
      const check = { ConditionCheck: { TableName: 'ledger', Key: itemOf('poison-2'), ConditionExpression: 'attribute_not_exists(pk)' } };
      const { status, body } = await callFront<{ __type: string; CancellationReasons: { Code: string }[] }>(front, 'TransactWriteItems', {
        TransactItems: [put('a'), put('poison-1'), check],
      });
      expect([status, body.__type.split('#')[1]]).toEqual([400, 'TransactionCanceledException']);
      expect(body.CancellationReasons.map((reason) => reason.Code)).toEqual(['None', 'ValidationError', 'None']);
      expect((await callFront(front, 'TransactWriteItems', { TransactItems: [put('a'), check] })).status).toBe(200);
      expect(await keysOfStream()).toEqual(['a']);
    });

    it('reads and deletes such keys, and stores them again when it is over', async () => {
      await start(faults);
      expect((await callFront(front, 'GetItem', { TableName: 'ledger', Key: itemOf('poison-1') })).status).toBe(200);
      expect((await callFront(front, 'DeleteItem', { TableName: 'ledger', Key: itemOf('poison-1') })).status).toBe(200);
      front.setFaults({});
      expect((await callFront(front, 'ExecuteStatement', insert('poison-1'))).status).toBe(200);
    });
  });

  it.each([
    [{ throttleFactor: 0 }, '`throttleFactor` must be a number above 0, got: 0'],
    [{ throttleFactor: Infinity }, '`throttleFactor` must be a number above 0, got: Infinity'],
    [{ lostAnswers: 1.5 }, '`lostAnswers` must be a probability from 0 to 1, got: 1.5'],
    [{ expiredIterators: -0.1 }, '`expiredIterators` must be a probability from 0 to 1, got: -0.1'],
  ])('refuses %j and keeps what was set before', async (wrong, message) => {
    await start({ lostAnswers: 1 });
    expect(() => front.setFaults(wrong)).toThrow(message);
    await expect(callFront(front, 'ExecuteStatement', insert('1'))).rejects.toThrow(DroppedAnswerError);
  });
});
