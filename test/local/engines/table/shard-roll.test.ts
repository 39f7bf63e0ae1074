import fc from 'fast-check';
import { configureEventSource, seededRandom } from '../../../../lib/event-source';
import { TableStreamEventSource } from '../../../../local/event-sources';
import { type TableFront, TableHost } from '../../../../local/engines/table';
import { imageOf } from '../../../../local/engines/table/item-image';
import { STREAM_RETENTION_MILLISECONDS, TableStream } from '../../../../local/engines/table/stream/table-stream';
import { SeededRandom } from '../../../../local/random/seeded-random';
import { FakeFunction } from '../../event-sources/fake-function';
import { callFront, configurationOf, LEDGER, memoryFront, RawClient, STREAM_ARN, type StreamRecord } from './support';

const START = 1_700_000_000_000;

interface DescribedShard {
  readonly ShardId: string;
  readonly ParentShardId?: string;
  readonly SequenceNumberRange: { readonly StartingSequenceNumber: string; readonly EndingSequenceNumber?: string };
}

interface Page {
  readonly Records: readonly StreamRecord[];
  readonly NextShardIterator: string | null;
}

describe('rolling the shards of a table stream', () => {
  let now: number;
  let front: TableFront;
  const start = async (seed: number, streamShards = 2): Promise<void> => {
    now = START;
    front = await memoryFront(configurationOf({ ...LEDGER, streamShards }), { clock: () => now, random: new SeededRandom(seed) });
  };
  const put = (pk: string, n: number): Promise<unknown> =>
    callFront(front, 'PutItem', { TableName: 'ledger', Item: { pk: { S: pk }, sk: { S: 'x' }, n: { N: String(n) } } });
  const describeShards = async (): Promise<DescribedShard[]> => {
    const { body } = await callFront<{ StreamDescription: { Shards: DescribedShard[] } }>(front, 'DescribeStream', { StreamArn: STREAM_ARN });
    return body.StreamDescription.Shards;
  };
  const iterator = async (ShardId: string, ShardIteratorType = 'TRIM_HORIZON', SequenceNumber?: string): Promise<string> =>
    (await callFront<{ ShardIterator: string }>(front, 'GetShardIterator', { StreamArn: STREAM_ARN, ShardId, ShardIteratorType, SequenceNumber })).body.ShardIterator;
  const read = async (ShardIterator: string, Limit?: number): Promise<Page> => (await callFront<Page>(front, 'GetRecords', { ShardIterator, Limit })).body;

  it('closes one shard and opens its child, with sequence numbers of its own', async () => {
    await start(1);
    await put('a', 1);
    await put('b', 1);
    const before = await describeShards();
    expect(before.map((shard) => shard.ParentShardId ?? shard.SequenceNumberRange.EndingSequenceNumber)).toEqual([undefined, undefined]);
    now += 1;
    expect(front.rollStreamShards()).toBe(1);
    const shards = await describeShards();
    expect(shards).toHaveLength(3);
    const child = shards[2];
    const parent = shards.find((shard) => shard.ShardId === child.ParentShardId) as DescribedShard;
    const { StartingSequenceNumber, EndingSequenceNumber } = parent.SequenceNumberRange;
    expect(BigInt(EndingSequenceNumber as string)).toBeGreaterThanOrEqual(BigInt(StartingSequenceNumber));
    expect(BigInt(child.SequenceNumberRange.StartingSequenceNumber)).toBeGreaterThan(BigInt(EndingSequenceNumber as string));
    expect(child.SequenceNumberRange.EndingSequenceNumber).toBeUndefined();
    expect(shards.filter((shard) => shard.SequenceNumberRange.EndingSequenceNumber === undefined)).toHaveLength(2);
    expect(new Set(shards.map((shard) => shard.ShardId)).size).toBe(3);
    expect(front.statistics().faults.rolledShards).toBe(1);
  });

  it('ends an iterator of a closed shard after its last record, from wherever it started', async () => {
    await start(1, 1);
    await put('a', 1);
    await put('a', 2);
    const [{ ShardId }] = await describeShards();
    const open = await read(await iterator(ShardId));
    expect(open.Records).toHaveLength(2);
    expect(open.NextShardIterator).toEqual(expect.any(String));
    front.rollStreamShards();
    await put('a', 3);
    expect(await read(open.NextShardIterator as string)).toEqual({ Records: [], NextShardIterator: null });
    const first = await read(await iterator(ShardId), 1);
    expect(first.NextShardIterator).toEqual(expect.any(String));
    const last = await read(first.NextShardIterator as string, 1);
    expect([last.Records.length, last.NextShardIterator]).toEqual([1, null]);
    expect(await read(await iterator(ShardId, 'LATEST'))).toEqual({ Records: [], NextShardIterator: null });
    expect(await read(await iterator(ShardId, 'AFTER_SEQUENCE_NUMBER', last.Records[0].dynamodb.SequenceNumber))).toEqual({ Records: [], NextShardIterator: null });
    const child = (await describeShards())[1];
    expect((await read(await iterator(child.ShardId))).Records.map((record) => record.dynamodb.NewImage?.n.N)).toEqual(['3']);
  });

  it('ends a shard that never had a record', async () => {
    await start(1, 1);
    front.rollStreamShards();
    const [{ ShardId, SequenceNumberRange }] = await describeShards();
    expect(SequenceNumberRange.EndingSequenceNumber).toBe(SequenceNumberRange.StartingSequenceNumber);
    expect(await read(await iterator(ShardId))).toEqual({ Records: [], NextShardIterator: null });
  });

  it('keeps the order of each item for a reader that reads parents before children, whatever writes and rolls meet', async () => {
    const keys = ['a', 'b', 'c', 'd', 'e'];
    const steps = fc.array(fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...keys) }, { weight: 1, arbitrary: fc.constant('roll') }), { maxLength: 60 });
    await fc.assert(fc.asyncProperty(steps, fc.nat(), async (sequence, seed) => {
      await start(seed, 3);
      const written = new Map<string, string[]>(keys.map((key) => [key, []]));
      for (const [index, step] of sequence.entries()) {
        now += 1;
        if (step === 'roll') {
          front.rollStreamShards();
        } else {
          written.get(step)?.push(String(index));
          await put(step, index);
        }
      }
      const seen = new Map<string, string[]>(keys.map((key) => [key, []]));
      const ended = new Set<string>();
      for (const { ShardId, ParentShardId } of await describeShards()) {
        expect(ParentShardId === undefined || ended.has(ParentShardId)).toBe(true);
        ended.add(ShardId);
        for (let next: string | null = await iterator(ShardId); next !== null;) {
          const page: Page = await read(next, 2);
          page.Records.forEach((record) => seen.get(record.dynamodb.Keys.pk.S as string)?.push(record.dynamodb.NewImage?.n.N as string));
          next = page.Records.length === 0 ? null : page.NextShardIterator;
        }
      }
      expect(seen).toEqual(written);
    }), { numRuns: 40 });
  });

  it('lets closed shards go after 24 hours, open ones never', async () => {
    await start(1, 1);
    await put('a', 1);
    now += 1_000;
    front.rollStreamShards();
    await put('a', 2);
    now += 1_000;
    front.rollStreamShards();
    now += STREAM_RETENTION_MILLISECONDS - 500;
    expect((await describeShards()).map((shard) => shard.ParentShardId !== undefined)).toEqual([true, true]);
    now += 1_000;
    const left = await describeShards();
    expect(left).toHaveLength(1);
    // The parent is named still, as the service does.
    expect(left[0].ParentShardId).toEqual(expect.any(String));
    expect(front.statistics().tables.ledger.streamBytes).toBe(0);
    now += 10 * STREAM_RETENTION_MILLISECONDS;
    expect(await describeShards()).toEqual(left);
  });

  it('lists many shards page by page', async () => {
    await start(1, 1);
    for (let index = 0; index < 250; index++) {
      front.rollStreamShards();
    }
    const ids: string[] = [];
    let after: string | undefined;
    do {
      const { body } = await callFront<{ StreamDescription: { Shards: DescribedShard[]; LastEvaluatedShardId?: string } }>(front, 'DescribeStream', {
        StreamArn: STREAM_ARN, ExclusiveStartShardId: after,
      });
      ids.push(...body.StreamDescription.Shards.map((shard) => shard.ShardId));
      after = body.StreamDescription.LastEvaluatedShardId;
    } while (after !== undefined);
    expect(ids).toHaveLength(251);
    expect(new Set(ids).size).toBe(251);
  });

  it('knows across a roll whether the newest record of an item says that it is there', () => {
    const stream = new TableStream({ arn: STREAM_ARN, tableName: 'ledger', number: 0, shards: 2, clock: () => START, random: new SeededRandom(1) });
    const keys = imageOf({ pk: { S: 'a' } });
    const roll = (): void => {
      for (let index = 0; index < 10; index++) {
        stream.rollShard();
      }
    };
    stream.append({ partitionKey: 'a', keys, after: keys });
    roll();
    expect(stream.holds('a', keys)).toBe(true);
    stream.append({ partitionKey: 'a', keys, before: keys });
    expect(stream.holds('a', keys)).toBe(false);
    roll();
    expect(stream.holds('a', keys)).toBe(false);
    stream.append({ partitionKey: 'a', keys, after: keys });
    expect(stream.holds('a', keys)).toBe(true);
  });

  it('gives closed shards no more memory than their records need', () => {
    const stream = new TableStream({ arn: STREAM_ARN, tableName: 'ledger', number: 0, shards: 1, clock: () => START });
    const keys = imageOf({ pk: { S: 'a' } });
    for (let index = 0; index < 500; index++) {
      stream.append({ partitionKey: 'a', keys, after: keys });
      stream.rollShard();
    }
    expect(stream.bytes).toBeLessThan(500 * 600);
  });

  it('is survived by an event source mapping: every change once, those of a key in order', async () => {
    const host = await TableHost.start({ ...configurationOf({ ...LEDGER, streamShards: 3 }), engine: 'memory', seed: 5 });
    const client = new RawClient(host.port);
    const invoked = new FakeFunction();
    const source = new TableStreamEventSource({
      endpoint: host.endpoint,
      streamArn: STREAM_ARN,
      configuration: configureEventSource({
        source: 'dynamodb', eventSourceArn: STREAM_ARN, startingPosition: { type: 'TRIM_HORIZON' }, batchSize: 7,
        tuning: { idlePollMilliseconds: 5, retryBackoff: { baseMilliseconds: 1, capMilliseconds: 5 } },
      }),
      invoker: invoked,
      random: seededRandom(1),
    });
    try {
      await source.start();
      host.setFaults({ expiredIterators: 0.1 });
      const keys = Array.from({ length: 9 }, (_, index) => `m-${index}`);
      for (let round = 0; round < 20; round++) {
        await Promise.all(keys.map((pk) => client.call('PutItem', { TableName: 'ledger', Item: { pk: { S: pk }, sk: { S: 'x' }, n: { N: String(round) } } })));
        host.rollStreamShards();
      }
      host.setFaults({});
      await source.untilDrained();
      const seen = new Map<string, number[]>();
      for (const record of invoked.events.flatMap(({ Records }) => Records as unknown as StreamRecord[])) {
        const key = record.dynamodb.Keys.pk.S as string;
        seen.set(key, [...seen.get(key) ?? [], Number(record.dynamodb.NewImage?.n.N)]);
      }
      expect(seen).toEqual(new Map([...seen.keys()].map((key) => [key, Array.from({ length: 20 }, (_, round) => round)])));
      expect([...seen.keys()].sort()).toEqual(keys);
      expect(host.statistics().faults.rolledShards).toBe(20);
    } finally {
      await source.stop();
      client.close();
      await host.close();
    }
  }, 30_000);
});
