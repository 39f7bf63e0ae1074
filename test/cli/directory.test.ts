import { directoryCommand } from '../../cli/directory';
import { MemoryTables } from '../support/memory-tables';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AwsServiceError } from '../../lambdas/runtime/aws/errors';
import type { Item } from '../../lambdas/runtime/aws/dynamodb';
import { type Written, writtenBy } from '../support/written';

const DAY_SECONDS = 86_400;

/** The command on our table engine behind a socket. */
describe('cht directory', () => {
  const before = { ...process.env };
  let memory: MemoryTables;
  let server: Server;

  beforeAll(async () => {
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const operation = String(request.headers['x-amz-target']).split('.')[1];
        memory.client.call(operation, JSON.parse(Buffer.concat(chunks).toString()) as object).then(
          (output) => response.end(JSON.stringify(output)),
          (error: AwsServiceError) => {
            response.statusCode = error.statusCode;
            response.end(JSON.stringify({ __type: error.code, message: error.message }));
          });
      });
    });
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  });
  afterAll(async () => {
    process.env = before;
    await new Promise((resolve) => { server.close(resolve); });
  });
  beforeEach(async () => {
    jest.useFakeTimers({ now: 1_700_000_000_000, doNotFake: ['setImmediate', 'nextTick', 'setTimeout', 'queueMicrotask'] });
    memory = new MemoryTables();
    await memory.client.call('CreateTable', {
      TableName: 'directory',
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'version', KeyType: 'HASH' }, { AttributeName: 'owner', KeyType: 'RANGE' }],
      AttributeDefinitions: [{ AttributeName: 'version', AttributeType: 'S' }, { AttributeName: 'owner', AttributeType: 'S' }],
    });
    process.env = {
      ...before, AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b',
      AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      LEDGER_BUCKETS: '{"default":2,"merchants":{}}', LEDGER_DIRECTORY_TABLE: 'directory', LEDGER_DIRECTORY_LEASE_SECONDS: '30',
      LEDGER_TTL_SECONDS: String(14 * DAY_SECONDS),
    };
  });
  afterEach(() => jest.useRealTimers());

  const run = (positionals: string[], values: Record<string, unknown> = {}): Promise<Written> => (
    writtenBy(() => directoryCommand.run({ positionals, values }))
  );

  const rows = async (): Promise<Item[]> => (await memory.client.call<{ Items: Item[] }>('Scan', { TableName: 'directory' })).Items;

  it('shows that nobody has more than the default', async () => {
    expect(await run(['show'])).toEqual({ code: 0, output: 'No version was published yet.\nMerchants that are not named here have 2 buckets.\n' });
    expect((await run(['show', 'm-1'])).output).toBe('No version was published yet.\n  m-1: 2 buckets\n');
    expect(JSON.parse((await run(['show'], { json: true })).output)).toEqual({ version: 0, inForce: true, from: null, defaultBuckets: 2, merchants: {} });
  });

  it('tells what it would do, and does it only when it is told to', async () => {
    const { code, output } = await run(['grow', 'm-1'], { buckets: '8' });
    expect(code).toBe(1);
    expect(output).toBe([
      'm-1 gets 8 buckets instead of 2, with version 1 or later.',
      '  in force from    2023-11-14T22:14:20.000Z: every worker knows of it by then, or has stopped',
      '  rows of before   stay where they are; they are found until 2023-11-28T22:14:20.000Z',
      '  until then       a payment whose bucket changes takes 2 writes instead of 1, and the merchant cannot grow again',
      'Nothing was done; --yes does it.', '',
    ].join('\n'));
    expect(JSON.parse((await run(['grow', 'm-1'], { buckets: '8', json: true })).output)).toMatchObject({ published: null, was: 2, buckets: 8 });
    expect(await rows()).toEqual([]);

    const done = await run(['grow', 'm-1'], { buckets: '8', yes: true, by: 'ada' });
    expect(done.code).toBe(0);
    expect(done.output).toContain('Version 1 is published and comes into force at 2023-11-14T22:14:20.000Z.\n');
    expect((await rows()).find(({ owner }) => owner.S === '-')).toMatchObject({ version: { S: '1' }, by: { S: 'ada' } });
    expect((await run(['show'])).output).toBe([
      'Version 1, in force from 2023-11-14T22:14:20.000Z; until then version 0.',
      'Merchants that are not named here have 2 buckets.',
      '  m-1: 8 buckets, rows of before in 2 until 2023-11-28T22:14:20.000Z', '',
    ].join('\n'));
    jest.setSystemTime(Date.parse('2023-11-28T22:14:20.000Z'));
    expect(JSON.parse((await run(['show', 'm-1'], { json: true })).output)).toEqual({
      version: 1, inForce: true, from: '2023-11-14T22:14:20.000Z', defaultBuckets: 2,
      merchants: { 'm-1': { buckets: 8, grows: false, was: 2, until: '2023-11-28T22:14:20.000Z', past: [2] } },
    });
  });

  it('refuses fewer buckets and a second growth within the window, and keeps who asked', async () => {
    expect(await run(['grow', 'm-1'], { buckets: '2', by: 'ada' }))
      .toEqual({ code: 1, output: 'Refused: `m-1` must get more than the 2 buckets that it has, got: 2. Nothing has changed.\n' });
    await run(['grow', 'm-1'], { buckets: '4', yes: true });
    expect((await run(['grow', 'm-2'], { buckets: '4', yes: true })).output).toContain('Refused: version 1 of the shard directory is not in force before');
    jest.setSystemTime(1_700_000_000_000 + 60_000);
    expect((await run(['grow', 'm-2'], { buckets: '4', yes: true })).code).toBe(0);
    jest.setSystemTime(1_700_000_000_000 + 120_000);
    const second = await run(['grow', 'm-1'], { buckets: '16', yes: true, by: 'bob', json: true });
    expect(second.code).toBe(1);
    expect(JSON.parse(second.output)).toEqual({ refused: expect.stringContaining('`m-1` still has rows in its 2 buckets of before') });
    expect((await rows()).filter(({ version }) => version.S === 'refused').map(({ by, refusedOwner, buckets }) => [by.S, refusedOwner.S, buckets.N]).sort())
      .toEqual([['ada', 'm-1', '2'], ['bob', 'm-1', '16'], [expect.any(String), 'm-2', '4']]);
    expect((await run(['show', 'm-1'])).output).toContain('m-1: 4 buckets, rows of before in 2');
  });

  it('shows names of merchants as a terminal may have them', async () => {
    await run(['grow', 'm \u001b[31m'], { buckets: '4', yes: true });
    expect((await run(['show'])).output).toContain('  "m \\u001b[31m": 4 buckets');
  });

  it.each([
    [[], {}, 'Say what to do: show, grow.'],
    [['shrink'], {}, 'Say what to do: show, grow; got: shrink.'],
    [['show', 'a', 'b'], {}, 'show takes one merchant at most, got: a b.'],
    [['grow'], { buckets: '2' }, 'grow takes one merchant, got: none.'],
    [['grow', 'm'], {}, 'grow needs --buckets N'],
    [['grow', 'm'], { buckets: '4097' }, '--buckets must be between 1 and 4096, got: 4097.'],
    [['grow', 'm'], { buckets: '2.5' }, '--buckets must be a whole number, got: 2.5.'],
  ])('says what is wrong with %j %j', async (words, values, message) => {
    await expect(run(words as string[], values)).rejects.toThrow(message);
  });

  it.each([
    ['LEDGER_DIRECTORY_TABLE', undefined, 'LEDGER_DIRECTORY_TABLE must be set: set the variables of the payment worker, or use --run'],
    ['LEDGER_TTL_SECONDS', undefined, 'LEDGER_TTL_SECONDS must be set'],
    ['LEDGER_DIRECTORY_LEASE_SECONDS', '901', 'LEDGER_DIRECTORY_LEASE_SECONDS must be a whole number between 1 and 900, got: 901'],
    ['LEDGER_BUCKETS', '{"default":1,"merchants":{"m":2}}', 'LEDGER_BUCKETS must name no merchants where LEDGER_DIRECTORY_TABLE says how many buckets they have, got: m'],
  ])('names %s when it is %s', async (name, value, message) => {
    process.env[name] = value;
    if (value === undefined) {
      delete process.env[name];
    }
    await expect(run(['grow', 'm'], { buckets: '4' })).rejects.toThrow(message);
  });
});
