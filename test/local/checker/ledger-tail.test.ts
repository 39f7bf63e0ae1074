import { LocalAwsClient, LocalAwsError } from '../../../local/aws/local-aws-client';
import { type LedgerChange, LedgerTail, type StreamClient } from '../../../local/checker/ledger-tail';
import { type TableFaults, type TableFront, TableHost } from '../../../local/engines/table';
import { SeededRandom } from '../../../local/random/seeded-random';
import { callFront, configurationOf, LEDGER, memoryFront, STREAM_ARN } from '../engines/table/support';

/** Lets everything that is ready run. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('ledger tail', () => {
  let front: TableFront;
  let now: number;
  let changes: LedgerChange[];
  let errors: Error[];
  let calls: string[];
  /** Decides what becomes of a call: an error is thrown in place of the answer. */
  let fate: (operation: string) => Error | undefined;
  let tail: LedgerTail;

  /** Calls the front in process, in the way of the client over HTTP. */
  const client: StreamClient = {
    async call<Output>(operation: string, input: object): Promise<Output> {
      calls.push(operation);
      const lost = fate(operation);
      if (lost !== undefined) {
        throw lost;
      }
      const { status, body } = await callFront<{ __type: string }>(front, operation, input);
      if (status !== 200) {
        throw new LocalAwsError(body.__type.split('#')[1], '', status);
      }
      return body as Output;
    },
  };
  const start = async (seed: number, faults?: TableFaults): Promise<void> => {
    now = 1_700_000_000_000;
    front = await memoryFront(configurationOf({ ...LEDGER, streamShards: 3 }), { clock: () => now, random: new SeededRandom(seed), faults });
    tail = new LedgerTail(client, STREAM_ARN, 20, (change) => changes.push(change), (error) => errors.push(error), turn);
  };
  const put = (pk: string, n: number): Promise<unknown> => callFront(front, 'PutItem', { TableName: 'ledger', Item: { pk: { S: pk }, sk: { S: 'x' }, n: { N: String(n) } } });
  const seen = (pk: string): string[] => changes.filter(({ after }) => after?.pk.S === pk).map(({ after }) => after?.n.N as string);
  const upTo = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index));
  const until = async (condition: () => boolean): Promise<void> => {
    for (let turns = 0; !condition(); turns++) {
      if (turns > 200_000 || errors.length > 0) {
        throw errors[0] ?? new Error('it does not come');
      }
      await turn();
    }
  };

  beforeEach(() => {
    changes = [];
    errors = [];
    calls = [];
    fate = () => undefined;
  });
  afterEach(() => tail.stop());

  it('tells what was there before it began, and what comes', async () => {
    await start(1);
    await put('a', 0);
    await tail.start();
    await put('a', 1);
    await callFront(front, 'DeleteItem', { TableName: 'ledger', Key: { pk: { S: 'a' }, sk: { S: 'x' } } });
    await until(() => changes.length === 3);
    const item = (n: string) => ({ pk: { S: 'a' }, sk: { S: 'x' }, n: { N: n } });
    expect(changes).toEqual([
      { kind: 'INSERT', after: item('0'), at: now },
      { kind: 'MODIFY', before: item('0'), after: item('1'), at: now },
      { kind: 'REMOVE', before: item('1'), after: undefined, at: now },
    ]);
  });

  it('follows children after their parents: every change once, those of an item in order', async () => {
    await start(2);
    await tail.start();
    const keys = ['a', 'b', 'c', 'd', 'e'];
    for (let round = 0; round < 40; round++) {
      for (const key of keys) {
        await put(key, round);
      }
      front.rollStreamShards();
      if (round % 3 === 0) {
        await turn();
      }
    }
    await until(() => changes.length >= 200);
    await turn();
    expect(keys.map(seen)).toEqual(keys.map(() => upTo(40)));
    expect(changes).toHaveLength(200);
  });

  it('follows children that are there when it begins', async () => {
    await start(3);
    for (let round = 0; round < 30; round++) {
      await put('a', round);
      await put('b', round);
      front.rollStreamShards();
    }
    await tail.start();
    await until(() => changes.length >= 60);
    expect([seen('a'), seen('b')]).toEqual([upTo(30), upTo(30)]);
  });

  it.each([
    ['iterators that expire', undefined, { expiredIterators: 0.4 }],
    ['answers that are lost', () => Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }), undefined],
    ['a stream that answers 500', () => new LocalAwsError('InternalServerError', '', 500), undefined],
    ['a stream that is asked too often', () => new LocalAwsError('LimitExceededException', '', 400), undefined],
  ])('gets over %s', async (_, failure, faults) => {
    await start(4, faults);
    const random = new SeededRandom(9);
    fate = () => (failure !== undefined && random.next() < 0.4 ? failure() : undefined);
    await tail.start();
    for (let round = 0; round < 60; round++) {
      await put('a', round);
      await put('b', round);
      if (round % 7 === 0) {
        front.rollStreamShards();
      }
      await turn();
    }
    await until(() => changes.length >= 120);
    await turn();
    expect([seen('a'), seen('b')]).toEqual([upTo(60), upTo(60)]);
    expect(errors).toEqual([]);
  });

  it('goes on after 15 minutes in which it was not able to read', async () => {
    await start(5);
    await put('a', 0);
    await tail.start();
    await until(() => changes.length === 1);
    now += 16 * 60_000;
    await put('a', 1);
    await until(() => changes.length === 2);
    expect(seen('a')).toEqual(['0', '1']);
  });

  it('says what it cannot get over, once for each shard, and nothing after it was stopped', async () => {
    await start(6);
    await tail.start();
    fate = (operation) => (operation === 'GetRecords' ? new LocalAwsError('TrimmedDataAccessException', 'gone', 400) : undefined);
    for (let turns = 0; errors.length < 3 && turns < 1_000; turns++) {
      await turn();
    }
    expect(errors.map(({ message }) => message)).toEqual(['gone', 'gone', 'gone']);
    await tail.stop();
    expect(errors).toHaveLength(3);
  });

  it('gives up a stream that does not come back', async () => {
    await start(7);
    fate = () => new Error('connect ECONNREFUSED');
    await expect(tail.start()).rejects.toThrow('ECONNREFUSED');
    expect(calls.length).toBeGreaterThan(20);
    expect(calls.length).toBeLessThan(100);
  });

  it('ends when it is stopped while shards roll', async () => {
    await start(8);
    await tail.start();
    for (let round = 0; round < 10; round++) {
      front.rollStreamShards();
      await turn();
    }
    const stopped = tail.stop();
    front.rollStreamShards();
    await stopped;
    const { length } = calls;
    await turn();
    await turn();
    expect(calls).toHaveLength(length);
  });

  it('reads from a table host over HTTP', async () => {
    const host = await TableHost.start({ ...configurationOf(LEDGER), engine: 'memory', seed: 1 });
    const http = new LocalAwsClient({ endpoint: host.endpoint, service: 'dynamodb', targetPrefix: 'DynamoDBStreams_20120810' });
    const tables = new LocalAwsClient({ endpoint: host.endpoint, service: 'dynamodb', targetPrefix: 'DynamoDB_20120810' });
    tail = new LedgerTail(http, STREAM_ARN, 1, (change) => changes.push(change), (error) => errors.push(error));
    try {
      await tail.start();
      host.setFaults({ expiredIterators: 0.2 });
      for (let round = 0; round < 20; round++) {
        await tables.call('PutItem', { TableName: 'ledger', Item: { pk: { S: 'a' }, sk: { S: 'x' }, n: { N: String(round) } } });
        host.rollStreamShards();
      }
      await until(() => changes.length >= 20);
      expect(seen('a')).toEqual(upTo(20));
    } finally {
      await tail.stop();
      http.close();
      tables.close();
      await host.close();
    }
  });
});
