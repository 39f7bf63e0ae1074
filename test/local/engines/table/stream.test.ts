import fc from 'fast-check';
import { TableFront } from '../../../../local/engines/table/front/table-front';
import { imageOf } from '../../../../local/engines/table/item-image';
import { RecordLog } from '../../../../local/engines/table/stream/record-log';
import { STREAM_RETENTION_MILLISECONDS, TableStream } from '../../../../local/engines/table/stream/table-stream';
import { configurationOf, LEDGER, STREAM_ARN, type StreamRecord } from './support';

const HOUR = 60 * 60 * 1_000;

function texts(log: RecordLog, from: number, records = 1_000, bytes = 1e9): { texts: unknown[]; next: number } {
  const page = log.read(from, records, bytes);
  return { texts: JSON.parse(`[${Buffer.concat(page.json).toString()}]`), next: page.next };
}

describe('record log', () => {
  it('gives back every record in order, whatever its size and the size of the pages', () => {
    const sizes = fc.array(fc.oneof(fc.nat(200), fc.integer({ min: 60_000, max: 300_000 })), { maxLength: 25 });
    fc.assert(fc.property(sizes, fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 500_000 }), (lengths, records, bytes) => {
      const log = new RecordLog();
      const written = lengths.map((length, index) => `${index}:${'é'.repeat(length)}`);
      written.forEach((text) => log.append(JSON.stringify(text), 0));
      const read: unknown[] = [];
      for (let position = 0; position < log.next;) {
        const page = texts(log, position, records, bytes);
        expect(page.texts.length).toBeGreaterThan(0);
        expect(page.texts.length).toBeLessThanOrEqual(records);
        read.push(...page.texts);
        position = page.next;
      }
      expect(read).toEqual(written);
      expect(texts(log, log.next)).toEqual({ texts: [], next: log.next });
    }), { numRuns: 30 });
  });

  it('keeps a page within its bytes, but for a first record that is larger', () => {
    const log = new RecordLog();
    ['"aaaaaaaa"', '"bb"', '"cc"', '"dd"'].forEach((text) => log.append(text, 0));
    expect(texts(log, 0, 10, 5)).toEqual({ texts: ['aaaaaaaa'], next: 1 });
    expect(texts(log, 1, 10, 10)).toEqual({ texts: ['bb', 'cc'], next: 3 });
  });

  it('drops chunks of old records and keeps the numbers of the others', () => {
    const log = new RecordLog();
    const large = JSON.stringify('x'.repeat(200_000));
    [1, 2, 3, 4].forEach((at) => log.append(large, at));
    const { bytes } = log;
    log.trim(3);
    expect(log.first).toBe(2);
    expect(log.bytes).toBeLessThan(bytes);
    expect(texts(log, 0, 1).next).toBe(3);
    log.trim(100);
    expect([log.first, log.next, log.bytes]).toEqual([4, 4, 0]);
    log.append('"new"', 200);
    expect(texts(log, 4)).toEqual({ texts: ['new'], next: 5 });
  });

  it('finds the newest record with a text', () => {
    const log = new RecordLog();
    ['{"k":1,"v":"a"}', '{"k":2,"v":"b"}', '{"k":1,"v":"c"}', '{"k":3,"w":{"k":1}}'].forEach((text) => log.append(text, 0));
    expect(log.findLast('"k":1', (record) => JSON.parse(record).k === 1)).toBe('{"k":1,"v":"c"}');
    expect(log.findLast('"k":9', () => true)).toBeUndefined();
    expect(log.findLast('{"k":1,"v":"a"}', () => true)).toBe('{"k":1,"v":"a"}');
  });
});

describe('table stream', () => {
  let now = 1_700_000_000_000;
  let front: TableFront;
  let stream: TableStream;
  const clock = (): number => now;
  const call = async <Output = Record<string, never>>(operation: string, input: object): Promise<Output> => {
    const { status, body } = await front.handle(`DynamoDBStreams_20120810.${operation}`, Buffer.from(JSON.stringify(input)));
    const text = typeof body === 'string' ? body : Buffer.concat(body).toString();
    if (status !== 200) {
      throw new Error(text);
    }
    return JSON.parse(text);
  };
  /** Inserts an item through the front; the engine behind it accepts everything. */
  const insert = (partition: string, sort: string, padding = ''): Promise<unknown> => front.handle('DynamoDB_20120810.ExecuteStatement', Buffer.from(JSON.stringify({
    Statement: "INSERT INTO ledger VALUE {'pk':?,'sk':?,'padding':?}", Parameters: [{ S: partition }, { S: sort }, { S: padding }],
  })));
  const shardIds = async (): Promise<string[]> => (await call<{ StreamDescription: { Shards: { ShardId: string }[] } }>('DescribeStream', { StreamArn: STREAM_ARN }))
    .StreamDescription.Shards.map((shard) => shard.ShardId);
  const iterator = async (ShardId: string, ShardIteratorType: string, SequenceNumber?: string): Promise<string> =>
    (await call<{ ShardIterator: string }>('GetShardIterator', { StreamArn: STREAM_ARN, ShardId, ShardIteratorType, SequenceNumber })).ShardIterator;
  const records = (ShardIterator: string, Limit?: number): Promise<{ Records: StreamRecord[]; NextShardIterator: string }> => call('GetRecords', { ShardIterator, Limit });
  /** The shard that a partition key falls into, found by looking. */
  const shardOf = async (partition: string): Promise<string> => {
    await insert(partition, 'probe');
    for (const id of await shardIds()) {
      const page = await records(await iterator(id, 'TRIM_HORIZON'));
      if (page.Records.some((record) => record.dynamodb.Keys.pk.S === partition)) {
        return id;
      }
    }
    throw new Error('in no shard');
  };

  beforeEach(() => {
    const engine = { title: 'double', call: async () => ({ status: 200, body: '{}' }), close: async () => undefined };
    front = new TableFront(configurationOf(LEDGER), engine, { clock });
    stream = new TableStream({ arn: STREAM_ARN, tableName: 'ledger', number: 0, shards: 4, clock });
  });

  it('spreads partition keys over all shards and keeps a key in one', async () => {
    for (let index = 0; index < 40; index++) {
      await insert(`m-${index % 20}`, String(index));
    }
    const seen = new Map<string, Set<string>>();
    for (const id of await shardIds()) {
      const { Records } = await records(await iterator(id, 'TRIM_HORIZON'));
      expect(Records.length).toBeGreaterThan(0);
      const sequence = Records.map((record) => BigInt(record.dynamodb.SequenceNumber));
      expect(sequence.every((value, index) => index === 0 || value > sequence[index - 1])).toBe(true);
      Records.forEach((record) => {
        const key = record.dynamodb.Keys.pk.S as string;
        seen.set(key, (seen.get(key) ?? new Set()).add(id));
      });
    }
    expect(seen.size).toBe(20);
    expect([...seen.values()].every((shards) => shards.size === 1)).toBe(true);
  });

  it('writes records in the form of the service', () => {
    const keys = imageOf({ pk: { S: 'a' } });
    const before = imageOf({ pk: { S: 'a' }, n: { N: '1' } });
    const after = imageOf({ pk: { S: 'a' }, n: { N: '2' } });
    stream.append({ partitionKey: 'a', keys, after: before });
    stream.append({ partitionKey: 'a', keys, before, after });
    stream.append({ partitionKey: 'a', keys, before: after });
    const { log } = stream.shards.find((shard) => shard.log.next > 0)!;
    const [inserted, modified, removed] = JSON.parse(`[${Buffer.concat(log.read(0, 10, 1e6).json).toString()}]`);
    expect(inserted).toEqual({
      awsRegion: 'eu-west-1', eventID: expect.stringMatching(/^[0-9a-f]{32}$/), eventName: 'INSERT', eventSource: 'aws:dynamodb', eventVersion: '1.1',
      dynamodb: {
        ApproximateCreationDateTime: now / 1000, Keys: { pk: { S: 'a' } }, NewImage: { pk: { S: 'a' }, n: { N: '1' } },
        SequenceNumber: expect.stringMatching(/^\d{21}$/), SizeBytes: 3 + 3 + 3, StreamViewType: 'NEW_AND_OLD_IMAGES',
      },
    });
    expect(modified).toMatchObject({ eventName: 'MODIFY', dynamodb: { OldImage: { n: { N: '1' } }, NewImage: { n: { N: '2' } } } });
    expect(removed.dynamodb).not.toHaveProperty('NewImage');
    expect(removed).toMatchObject({ eventName: 'REMOVE', dynamodb: { OldImage: { n: { N: '2' } } } });
    expect(new Set([inserted, modified, removed].map((record) => record.eventID)).size).toBe(3);
  });

  it('knows whether the newest record of an item says that it is there', () => {
    const keys = imageOf({ pk: { S: 'a"' } });
    expect(stream.holds('a"', keys)).toBe(false);
    stream.append({ partitionKey: 'a"', keys, after: keys });
    expect(stream.holds('a"', keys)).toBe(true);
    stream.append({ partitionKey: 'a"', keys, before: keys });
    expect(stream.holds('a"', keys)).toBe(false);
    const lookalike = imageOf({ Keys: { M: { pk: { M: { S: { S: 'b' } } } } } });
    stream.append({ partitionKey: 'a"', keys: imageOf({ pk: { S: 'c' } }), after: lookalike });
    expect(stream.holds('b', imageOf({ pk: { S: 'b' } }))).toBe(false);
  });

  it('starts where each type of iterator says', async () => {
    const id = await shardOf('m');
    await insert('m', '1');
    const latest = await iterator(id, 'LATEST');
    await insert('m', '2');
    const all = (await records(await iterator(id, 'TRIM_HORIZON'))).Records;
    const sorts = (page: { Records: StreamRecord[] }): unknown[] => page.Records.map((record) => record.dynamodb.Keys.sk.S);
    expect(sorts({ Records: all })).toEqual(['probe', '1', '2']);
    expect(sorts(await records(latest))).toEqual(['2']);
    const { SequenceNumber } = all[1].dynamodb;
    expect(sorts(await records(await iterator(id, 'AT_SEQUENCE_NUMBER', SequenceNumber)))).toEqual(['1', '2']);
    expect(sorts(await records(await iterator(id, 'AFTER_SEQUENCE_NUMBER', SequenceNumber)))).toEqual(['2']);
    const description = await call<{ StreamDescription: { Shards: { ShardId: string; SequenceNumberRange: { StartingSequenceNumber: string } }[] } }>('DescribeStream', { StreamArn: STREAM_ARN });
    const start = description.StreamDescription.Shards.find((shard) => shard.ShardId === id)!.SequenceNumberRange.StartingSequenceNumber;
    expect(sorts(await records(await iterator(id, 'AT_SEQUENCE_NUMBER', start)))).toEqual(['probe', '1', '2']);
    const paged = await records(await iterator(id, 'TRIM_HORIZON'), 2);
    expect(sorts(paged)).toEqual(['probe', '1']);
    expect(sorts(await records(paged.NextShardIterator, 2))).toEqual(['2']);
  });

  it('gives at most 1,000 records and 1 MB a call', async () => {
    const id = await shardOf('m');
    for (let index = 0; index < 1_100; index++) {
      await insert('m', String(index));
    }
    expect((await records(await iterator(id, 'TRIM_HORIZON'))).Records).toHaveLength(1_000);
    for (let index = 0; index < 6; index++) {
      await insert('large', String(index), 'x'.repeat(300_000));
    }
    const page = await records(await iterator(await shardOf('large'), 'TRIM_HORIZON'));
    expect(JSON.stringify(page.Records).length).toBeLessThanOrEqual(1024 * 1024 + 1_000);
  });

  it('refuses an iterator after 15 minutes, and records after 24 hours', async () => {
    const id = await shardOf('m');
    const old = await iterator(id, 'TRIM_HORIZON');
    const { SequenceNumber } = (await records(old)).Records[0].dynamodb;
    now += 15 * 60 * 1_000 + 1;
    await expect(records(old)).rejects.toThrow('ExpiredIteratorException');
    now += STREAM_RETENTION_MILLISECONDS - HOUR;
    expect((await records(await iterator(id, 'TRIM_HORIZON'))).Records).toHaveLength(1);
    now += HOUR;
    const horizon = await iterator(id, 'TRIM_HORIZON');
    expect((await records(horizon)).Records).toEqual([]);
    await expect(iterator(id, 'AT_SEQUENCE_NUMBER', SequenceNumber)).rejects.toThrow('TrimmedDataAccessException');
    await insert('m', 'new');
    await expect(iterator(id, 'AT_SEQUENCE_NUMBER', SequenceNumber)).rejects.toThrow('TrimmedDataAccessException');
    expect((await records(horizon)).Records).toHaveLength(1);
    expect(front.statistics().tables.ledger.streamBytes).toBeLessThanOrEqual(256 * 1024);
  });

  it('lists streams and describes shards page by page', async () => {
    expect(await call('ListStreams', {})).toEqual({
      Streams: [{ StreamArn: STREAM_ARN, StreamLabel: '2026-01-01T00:00:00.000', TableName: 'ledger' }],
    });
    expect(await call('ListStreams', { TableName: 'other' })).toEqual({ Streams: [] });
    const first = await call<{ StreamDescription: { Shards: { ShardId: string }[]; LastEvaluatedShardId?: string } }>('DescribeStream', { StreamArn: STREAM_ARN, Limit: 3 });
    expect(first.StreamDescription.Shards).toHaveLength(3);
    const rest = await call<typeof first>('DescribeStream', { StreamArn: STREAM_ARN, ExclusiveStartShardId: first.StreamDescription.LastEvaluatedShardId });
    expect(rest.StreamDescription.Shards).toHaveLength(1);
    expect(rest.StreamDescription.LastEvaluatedShardId).toBeUndefined();
  });

  it.each([
    ['an unknown stream', 'DescribeStream', { StreamArn: 'arn:other' }, 'ResourceNotFoundException'],
    ['an unknown shard', 'GetShardIterator', { StreamArn: STREAM_ARN, ShardId: 'other', ShardIteratorType: 'LATEST' }, 'ResourceNotFoundException'],
    ['an iterator that is none', 'GetRecords', { ShardIterator: 'x' }, 'ValidationException'],
    ['an unknown operation', 'UpdateStream', {}, 'UnknownOperationException'],
  ])('refuses %s', async (_, operation, input, error) => {
    await expect(call(operation, input)).rejects.toThrow(error);
  });

  it('refuses a limit, an iterator type and a sequence number that cannot be', async () => {
    const [id] = await shardIds();
    await expect(records(await iterator(id, 'LATEST'), 1_001)).rejects.toThrow('Limit must be between 1 and 1000');
    await expect(iterator(id, 'AT_TIMESTAMP')).rejects.toThrow('ShardIteratorType must be');
    await expect(iterator(id, 'AT_SEQUENCE_NUMBER', '1')).rejects.toThrow('Invalid SequenceNumber');
  });
});
