import { Agent } from 'node:http';
import {
  CreateStreamCommand,
  DecreaseStreamRetentionPeriodCommand,
  DeleteStreamCommand,
  DescribeStreamCommand,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type GetShardIteratorCommandInput,
  IncreaseStreamRetentionPeriodCommand,
  KinesisClient,
  ListShardsCommand,
  ListStreamsCommand,
  MergeShardsCommand,
  PutRecordCommand,
  PutRecordsCommand,
  RegisterStreamConsumerCommand,
  type Shard,
  SplitShardCommand,
  UpdateShardCountCommand,
  UpdateStreamModeCommand,
} from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { LocalAwsClient } from '../../../../local/aws/local-aws-client';
import { KinesisServer } from '../../../../local/engines/stream';
import { limitsWith, START, TimedEngine } from './support';

const FIRST = 'shardId-000000000000';
const MIDDLE = String(1n << 127n);
const Data = Buffer.from('payment');

describe('the Kinesis API over HTTP, called by the AWS SDK', () => {
  let engine: TimedEngine;
  let server: KinesisServer;
  let client: KinesisClient;

  beforeEach(async () => {
    engine = new TimedEngine({ limits: limitsWith({ shardWriteRecordsPerSecond: 600 }) });
    engine.createStream({ name: 'payments', shardCount: 1 });
    server = await KinesisServer.start({ engine });
    client = new KinesisClient({
      endpoint: server.endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      maxAttempts: 1,
      requestHandler: new NodeHttpHandler({ httpAgent: new Agent({ keepAlive: true }) }),
    });
  });

  afterEach(async () => {
    client.destroy();
    await server.stop();
  });

  const iterator = async (position: Partial<GetShardIteratorCommandInput>, ShardId = FIRST): Promise<string> => {
    const output = await client.send(new GetShardIteratorCommand({ StreamName: 'payments', ShardId, ShardIteratorType: 'TRIM_HORIZON', ...position }));
    return output.ShardIterator!;
  };
  const read = async (position: Partial<GetShardIteratorCommandInput>) => (
    client.send(new GetRecordsCommand({ ShardIterator: await iterator(position) }))
  );
  const texts = async (position: Partial<GetShardIteratorCommandInput>): Promise<string[]> => {
    engine.advance(1000);
    return (await read(position)).Records!.map((record) => Buffer.from(record.Data!).toString());
  };

  it('writes and reads a record', async () => {
    const put = await client.send(new PutRecordCommand({ StreamName: 'payments', PartitionKey: 'käse', Data }));
    expect(put).toMatchObject({ ShardId: FIRST, SequenceNumber: expect.stringMatching(/^49\d{54}$/), EncryptionType: 'NONE' });
    const { Records, NextShardIterator, MillisBehindLatest } = await read({});
    expect(Records).toEqual([{
      SequenceNumber: put.SequenceNumber, PartitionKey: 'käse', Data: new Uint8Array(Data), ApproximateArrivalTimestamp: new Date(START), EncryptionType: 'NONE',
    }]);
    expect(MillisBehindLatest).toBe(0);
    expect((await client.send(new GetRecordsCommand({ ShardIterator: NextShardIterator }))).Records).toEqual([]);
  });

  it('pages through a shard and tells how far behind a reader is', async () => {
    for (const text of ['a', 'b', 'c']) {
      await client.send(new PutRecordCommand({ StreamARN: engine.stream('payments').arn, PartitionKey: 'k', Data: Buffer.from(text) }));
      engine.advance(1000);
    }
    const first = await client.send(new GetRecordsCommand({ ShardIterator: await iterator({}), Limit: 2 }));
    expect([first.Records!.length, first.MillisBehindLatest]).toEqual([2, 2000]);
    const second = await client.send(new GetRecordsCommand({ ShardIterator: first.NextShardIterator, Limit: 2 }));
    expect([second.Records!.length, second.MillisBehindLatest]).toEqual([1, 0]);
  });

  it('reads from every kind of position', async () => {
    const numbers: string[] = [];
    for (const text of ['a', 'b', 'c']) {
      numbers.push((await client.send(new PutRecordCommand({ StreamName: 'payments', PartitionKey: 'k', Data: Buffer.from(text) }))).SequenceNumber!);
      engine.advance(500);
    }
    expect(await texts({ ShardIteratorType: 'TRIM_HORIZON' })).toEqual(['a', 'b', 'c']);
    expect(await texts({ ShardIteratorType: 'LATEST' })).toEqual([]);
    expect(await texts({ ShardIteratorType: 'AT_SEQUENCE_NUMBER', StartingSequenceNumber: numbers[1] })).toEqual(['b', 'c']);
    expect(await texts({ ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: numbers[1] })).toEqual(['c']);
    expect(await texts({ ShardIteratorType: 'AT_TIMESTAMP', Timestamp: new Date(START + 500) })).toEqual(['b', 'c']);
  });

  it('fails the records of PutRecords one by one', async () => {
    const Records = Array.from({ length: 400 }, () => ({ PartitionKey: 'k', Data }));
    expect((await client.send(new PutRecordsCommand({ StreamName: 'payments', Records }))).FailedRecordCount).toBe(0);
    const second = await client.send(new PutRecordsCommand({ StreamName: 'payments', Records }));
    expect(second.FailedRecordCount).toBe(200);
    expect(second.Records!.slice(0, 200).every((record) => record.SequenceNumber !== undefined)).toBe(true);
    expect(second.Records![200]).toEqual({
      ErrorCode: 'ProvisionedThroughputExceededException', ErrorMessage: `Rate exceeded for shard ${FIRST} in stream payments under account 000000000000.`,
    });
    await expect(client.send(new PutRecordCommand({ StreamName: 'payments', PartitionKey: 'k', Data }))).rejects.toMatchObject({ name: 'ProvisionedThroughputExceededException' });
  });

  it('ends a closed shard with its children, and lists the lineage', async () => {
    await client.send(new PutRecordCommand({ StreamName: 'payments', PartitionKey: 'k', Data }));
    await client.send(new SplitShardCommand({ StreamName: 'payments', ShardToSplit: FIRST, NewStartingHashKey: MIDDLE }));
    const end = await read({});
    expect(end.Records).toHaveLength(1);
    expect(end.NextShardIterator ?? null).toBeNull();
    expect(end.ChildShards!.map((child) => [child.ShardId, child.ParentShards])).toEqual([['shardId-000000000001', [FIRST]], ['shardId-000000000002', [FIRST]]]);
    await client.send(new MergeShardsCommand({ StreamName: 'payments', ShardToMerge: 'shardId-000000000001', AdjacentShardToMerge: 'shardId-000000000002' }));
    const { Shards } = await client.send(new ListShardsCommand({ StreamName: 'payments' }));
    const closed = (shard: Shard): boolean => shard.SequenceNumberRange!.EndingSequenceNumber !== undefined;
    expect(Shards!.map((shard) => [shard.ParentShardId, shard.AdjacentParentShardId, closed(shard)])).toEqual([
      [undefined, undefined, true], [FIRST, undefined, true], [FIRST, undefined, true], ['shardId-000000000001', 'shardId-000000000002', false],
    ]);
    expect(Shards![3].HashKeyRange).toEqual({ StartingHashKey: '0', EndingHashKey: '340282366920938463463374607431768211455' });
  });

  it('makes, describes, lists and deletes streams', async () => {
    await client.send(new CreateStreamCommand({ StreamName: 'other', ShardCount: 3 }));
    expect((await client.send(new ListStreamsCommand({}))).StreamNames).toEqual(['other', 'payments']);
    const { StreamDescription } = await client.send(new DescribeStreamCommand({ StreamName: 'other', Limit: 2 }));
    expect(StreamDescription).toMatchObject({
      StreamARN: 'arn:aws:kinesis:us-east-1:000000000000:stream/other', StreamStatus: 'ACTIVE', RetentionPeriodHours: 24, HasMoreShards: true,
      StreamModeDetails: { StreamMode: 'PROVISIONED' }, StreamCreationTimestamp: new Date(START),
    });
    expect(StreamDescription!.Shards).toHaveLength(2);
    const page = await client.send(new ListShardsCommand({ StreamName: 'other', MaxResults: 2 }));
    expect((await client.send(new ListShardsCommand({ NextToken: page.NextToken }))).Shards!.map((shard) => shard.ShardId)).toEqual(['shardId-000000000002']);
    expect((await client.send(new DescribeStreamSummaryCommand({ StreamName: 'other' }))).StreamDescriptionSummary).toMatchObject({ OpenShardCount: 3, ConsumerCount: 0 });
    await expect(client.send(new CreateStreamCommand({ StreamName: 'other', ShardCount: 1 }))).rejects.toMatchObject({ name: 'ResourceInUseException' });
    await client.send(new DeleteStreamCommand({ StreamName: 'other' }));
    await expect(client.send(new DescribeStreamCommand({ StreamName: 'other' }))).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  it('changes the retention', async () => {
    await client.send(new IncreaseStreamRetentionPeriodCommand({ StreamName: 'payments', RetentionPeriodHours: 48 }));
    expect(engine.stream('payments').retentionHours).toBe(48);
    await expect(client.send(new IncreaseStreamRetentionPeriodCommand({ StreamName: 'payments', RetentionPeriodHours: 24 }))).rejects.toThrow('48 hours');
    await client.send(new DecreaseStreamRetentionPeriodCommand({ StreamName: 'payments', RetentionPeriodHours: 24 }));
    await expect(client.send(new IncreaseStreamRetentionPeriodCommand({ StreamName: 'payments', RetentionPeriodHours: 9000 }))).rejects.toThrow('between 24 and 8760, got: 9000');
  });

  it('expires iterators after 5 minutes', async () => {
    const ShardIterator = await iterator({});
    engine.advance(300_000);
    await client.send(new GetRecordsCommand({ ShardIterator }));
    engine.advance(1);
    await expect(client.send(new GetRecordsCommand({ ShardIterator }))).rejects.toMatchObject({ name: 'ExpiredIteratorException' });
    await expect(client.send(new GetRecordsCommand({ ShardIterator: 'bm9uc2Vuc2U=' }))).rejects.toMatchObject({ name: 'InvalidArgumentException' });
  });

  it('limits polled reads to 5 a second', async () => {
    const ShardIterator = await iterator({});
    for (let call = 0; call < 5; call += 1) {
      await client.send(new GetRecordsCommand({ ShardIterator }));
    }
    await expect(client.send(new GetRecordsCommand({ ShardIterator }))).rejects.toMatchObject({ name: 'ProvisionedThroughputExceededException' });
    engine.advance(200);
    await client.send(new GetRecordsCommand({ ShardIterator }));
  });

  it('checks sizes and arguments', async () => {
    const put = (input: object) => client.send(new PutRecordCommand({ StreamName: 'payments', PartitionKey: 'k', Data, ...input }));
    await put({ Data: new Uint8Array(1024 * 1024 - 1) });
    engine.advance(1000);
    await expect(put({ Data: new Uint8Array(1024 * 1024) })).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(put({ PartitionKey: '' })).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(put({ PartitionKey: 'x'.repeat(257) })).rejects.toMatchObject({ name: 'ValidationException' });
    await put({ PartitionKey: '\u{1f600}'.repeat(256) });
    await expect(put({ ExplicitHashKey: String(1n << 128n) })).rejects.toMatchObject({ name: 'InvalidArgumentException' });
    await expect(put({ StreamName: 'nope' })).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    const many = (count: number, bytes: number) => client.send(new PutRecordsCommand({
      StreamName: 'payments', Records: Array.from({ length: count }, () => ({ PartitionKey: 'k', Data: new Uint8Array(bytes) })),
    }));
    await expect(many(501, 1)).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(many(11, 1_000_000)).rejects.toMatchObject({ name: 'InvalidArgumentException' });
    await expect(iterator({ ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: '1' })).rejects.toMatchObject({ name: 'InvalidArgumentException' });
    await expect(iterator({}, 'shardId-000000000077')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  it('refuses an operation that it does not run by its name', async () => {
    await expect(client.send(new RegisterStreamConsumerCommand({ StreamARN: engine.stream('payments').arn, ConsumerName: 'worker' })))
      .rejects.toMatchObject({ name: 'UnknownOperationException', message: 'The local Kinesis engine does not run RegisterStreamConsumer.' });
  });

  it('makes on-demand streams, changes modes and scales', async () => {
    await client.send(new CreateStreamCommand({ StreamName: 'x', StreamModeDetails: { StreamMode: 'ON_DEMAND' } }));
    const summary = async () => (await client.send(new DescribeStreamSummaryCommand({ StreamName: 'x' }))).StreamDescriptionSummary;
    expect(await summary()).toMatchObject({ StreamModeDetails: { StreamMode: 'ON_DEMAND' }, OpenShardCount: 4 });
    await client.send(new UpdateStreamModeCommand({ StreamARN: engine.stream('x').arn, StreamModeDetails: { StreamMode: 'PROVISIONED' } }));
    const scaled = await client.send(new UpdateShardCountCommand({ StreamName: 'x', TargetShardCount: 6, ScalingType: 'UNIFORM_SCALING' }));
    expect(scaled).toMatchObject({ StreamName: 'x', CurrentShardCount: 4, TargetShardCount: 6 });
    expect(await summary()).toMatchObject({ StreamModeDetails: { StreamMode: 'PROVISIONED' }, OpenShardCount: 6 });
  });

  it('answers malformed requests', async () => {
    const post = async (body: string, headers: Record<string, string> = {}) => {
      const response = await fetch(server.endpoint, {
        method: 'POST', body, headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'Kinesis_20131202.PutRecord', ...headers },
      });
      return [response.status, ((await response.json()) as { __type: string }).__type];
    };
    expect(await post('{')).toEqual([400, 'SerializationException']);
    expect(await post('[]')).toEqual([400, 'SerializationException']);
    expect(await post('{}')).toEqual([400, 'ValidationException']);
    expect(await post('{"StreamName":"payments","PartitionKey":"k","Data":"no base64!"}')).toEqual([400, 'SerializationException']);
    expect(await post('{"StreamName":"payments","PartitionKey":5,"Data":""}')).toEqual([400, 'SerializationException']);
    expect(await post('{}', { 'x-amz-target': 'DynamoDB_20120810.PutItem' })).toEqual([400, 'UnknownOperationException']);
    expect(await post('{}', { 'x-amz-target': 'Kinesis_20131202.constructor' })).toEqual([400, 'UnknownOperationException']);
    expect(await post('{}', { 'content-type': 'application/x-amz-cbor-1.1' })).toEqual([400, 'SerializationException']);
    expect(await post(' '.repeat(17 * 1024 * 1024))).toEqual([400, 'SerializationException']);
  });

  it('answers a plain keep-alive client', async () => {
    const lean = new LocalAwsClient({ endpoint: server.endpoint, service: 'kinesis', targetPrefix: 'Kinesis_20131202', jsonVersion: '1.1' });
    const Records = Array.from({ length: 500 }, (_, index) => ({ PartitionKey: `key-${index}`, Data: Data.toString('base64') }));
    expect(await lean.call('PutRecords', { StreamName: 'payments', Records })).toMatchObject({ FailedRecordCount: 0 });
    await expect(lean.call('PutRecords', { StreamName: 'nope', Records })).rejects.toMatchObject({ code: 'ResourceNotFoundException', statusCode: 400 });
    lean.close();
  });
});
