import * as http from 'node:http';
import { deaggregate } from '../../../../lambdas/runtime/aggregate/kpl-aggregate';
import { decodePaymentRecord } from '../../../../lambdas/runtime/payment/payment-codec';
import { KinesisServer } from '../../../../local/engines/stream';
import { KinesisFaults } from '../../../../local/engines/stream/kinesis-faults';
import { SeededRandom } from '../../../../local/random/seeded-random';
import { limitsWith, texts, TimedEngine } from './support';

const SHARD = 'shardId-000000000000';
const Data = Buffer.from('payment').toString('base64');
const RECORDS = { StreamName: 'payments', Records: [{ PartitionKey: 'a', Data }] };

/** Status and type of an answer, or `no answer`. */
type Reply = { readonly status: number; readonly body: Record<string, unknown> } | 'no answer';

describe('the faults of the Kinesis engine', () => {
  let engine: TimedEngine;
  let faults: KinesisFaults;
  let server: KinesisServer;
  let agent: http.Agent;
  let requests: http.ClientRequest[];
  let onApiKill: jest.Mock<void, [string]>;

  beforeEach(async () => {
    engine = new TimedEngine({ limits: limitsWith({ shardWriteRecordsPerSecond: 100_000 }) });
    engine.createStream({ name: 'payments', shardCount: 1 });
    onApiKill = jest.fn<void, [string]>();
    faults = new KinesisFaults({ random: new SeededRandom(3), onApiKill });
    server = await KinesisServer.start({ engine, faults });
    agent = new http.Agent({ keepAlive: true });
    requests = [];
  });
  afterEach(async () => {
    agent.destroy();
    await server.stop();
  });

  const call = (operation: string, input: object): Promise<Reply> =>
    new Promise((resolve) => {
      const request = http.request(
        server.endpoint,
        { method: 'POST', agent, headers: { 'x-amz-target': `Kinesis_20131202.${operation}`, 'content-type': 'application/x-amz-json-1.1' } },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () => resolve({ status: response.statusCode!, body: JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown> }));
        },
      );
      request.on('error', () => resolve('no answer'));
      request.end(JSON.stringify(input));
      requests.push(request);
    });
  const stored = () => texts(engine.stream('payments'), SHARD).length;
  const until = async (condition: () => boolean) => {
    while (!condition()) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };

  it('change nothing while they are off', async () => {
    expect(await call('PutRecords', RECORDS)).toMatchObject({ status: 200, body: { FailedRecordCount: 0 } });
    expect(faults.counts).toEqual({ lostAnswers: 0, unavailable: 0, expiredIterators: 0, apiKills: { inside: 0, afterEffects: 0 } });
    expect([faults.unavailable, faults.refusesRead(), faults.expiresIterator()]).toEqual([false, false, false]);
  });

  it('drop the answers of some writes after their effect, and of no read', async () => {
    faults.set({ lostAnswers: 0.5 });
    const replies: Reply[] = [];
    for (let index = 0; index < 60; index++) {
      replies.push(await call(index % 2 === 0 ? 'PutRecords' : 'PutRecord', index % 2 === 0 ? RECORDS : { StreamName: 'payments', PartitionKey: 'a', Data }));
      expect(await call('ListShards', { StreamName: 'payments' })).toMatchObject({ status: 200 });
    }
    const lost = replies.filter((reply) => reply === 'no answer').length;
    expect(lost).toBeGreaterThan(15);
    expect(lost).toBeLessThan(45);
    expect(stored()).toBe(60);
    expect(faults.counts.lostAnswers).toBe(lost);
  });

  it('keep the answer of a write that had no effect', async () => {
    faults.set({ lostAnswers: 1 });
    expect(await call('PutRecords', { ...RECORDS, StreamName: 'unknown' })).toMatchObject({ status: 400, body: { __type: 'ResourceNotFoundException' } });
    expect(faults.counts.lostAnswers).toBe(0);
  });

  it('refuse every call and read of a stream that is unavailable, without effect', async () => {
    faults.set({ streamUnavailable: true });
    expect(await call('PutRecords', RECORDS)).toEqual({ status: 500, body: { __type: 'InternalFailure', message: 'The stream is unavailable.' } });
    expect(await call('ListShards', { StreamName: 'payments' })).toMatchObject({ status: 500 });
    expect([faults.unavailable, faults.refusesRead()]).toEqual([true, true]);
    expect(stored()).toBe(0);
    faults.set({});
    expect(await call('PutRecords', RECORDS)).toMatchObject({ status: 200 });
    expect(faults.counts.unavailable).toBe(3);
  });

  it('let iterators expire', async () => {
    const { body } = (await call('GetShardIterator', { StreamName: 'payments', ShardId: SHARD, ShardIteratorType: 'TRIM_HORIZON' })) as Exclude<Reply, string>;
    faults.set({ expiredIterators: 1 });
    expect(await call('GetRecords', body)).toMatchObject({ status: 400, body: { __type: 'ExpiredIteratorException' } });
    expect(faults.expiresIterator()).toBe(true);
    expect(faults.counts.expiredIterators).toBe(2);
    faults.set({});
    expect(await call('GetRecords', body)).toMatchObject({ status: 200 });
  });

  it.each([['inside', 0], ['after-effects', 1]] as const)('hold a call for a kill %s until its caller is gone, and no other one', async (moment, effects) => {
    faults.armApiKill(moment);
    const holding = call('PutRecords', RECORDS);
    await until(() => onApiKill.mock.calls.length > 0);
    expect(onApiKill).toHaveBeenCalledWith('payments');
    expect(stored()).toBe(effects);
    expect(await call('PutRecords', RECORDS)).toMatchObject({ status: 200 });
    expect(faults.counts.apiKills).toEqual({ inside: 0, afterEffects: 0 });
    requests[0].destroy();
    expect(await holding).toBe('no answer');
    await until(() => faults.counts.apiKills.inside + faults.counts.apiKills.afterEffects > 0);
    expect(faults.counts.apiKills).toEqual({ inside: moment === 'inside' ? 1 : 0, afterEffects: moment === 'inside' ? 0 : 1 });
    faults.disarm();
    expect(stored()).toBe(effects + 1);
    expect(onApiKill).toHaveBeenCalledTimes(1);
  });

  it('leave calls to other streams alone while a kill waits: nobody could be killed for them', async () => {
    engine.createStream({ name: 'events', shardCount: 1 });
    faults.armApiKill('inside', ['payments']);
    faults.armApiKill('after-effects', ['payments']);
    for (let index = 0; index < 3; index++) {
      expect(await call('PutRecords', { ...RECORDS, StreamName: 'events' })).toMatchObject({ status: 200 });
    }
    expect(onApiKill).not.toHaveBeenCalled();
    const held = call('PutRecords', RECORDS);
    await until(() => onApiKill.mock.calls.length > 0);
    expect(onApiKill).toHaveBeenCalledWith('payments');
    faults.disarm();
    expect(await held).toMatchObject({ status: 200 });
  });

  it.each(['inside', 'after-effects'] as const)('let a call go on that is held for a kill %s when the kill is taken back', async (moment) => {
    faults.armApiKill(moment);
    faults.armApiKill(moment === 'inside' ? 'after-effects' : 'inside');
    const held = call('PutRecords', RECORDS);
    await until(() => onApiKill.mock.calls.length > 0);
    faults.disarm();
    expect(await held).toMatchObject({ status: 200, body: { FailedRecordCount: 0 } });
    expect(stored()).toBe(1);
    expect(faults.counts.apiKills).toEqual({ inside: 0, afterEffects: 0 });
    // The other kill is taken back too.
    expect(await call('PutRecords', RECORDS)).toMatchObject({ status: 200 });
  });

  it('put records that nobody can take for a payment or an aggregate', () => {
    engine.createStream({ name: 'others', shardCount: 1 });
    expect(faults.putUnreadable(engine, 400)).toBe(400);
    const records = ['payments', 'others'].flatMap((name) => engine.stream(name).read(SHARD, 0, 10_000).records);
    expect(records).toHaveLength(400);
    expect(new Set(records.map(({ data }) => data)).size).toBe(400);
    for (const { data, partitionKey } of records) {
      const bytes = Buffer.from(data, 'base64');
      const users = deaggregate(bytes, partitionKey);
      expect(users).toHaveLength(1);
      expect(Buffer.compare(users[0].data, bytes)).toBe(0);
      expect(() => decodePaymentRecord(bytes)).toThrow('record cannot be decoded');
      expect(() => JSON.parse(bytes.toString()) as unknown).toThrow(SyntaxError);
    }
  });

  it('tell how many unreadable records a stream took', () => {
    const full = new TimedEngine({ limits: limitsWith({ shardWriteRecordsPerSecond: 3 }) });
    full.createStream({ name: 'payments', shardCount: 1 });
    expect(faults.putUnreadable(full, 5)).toBe(3);
  });

  it('find nothing to do where there is no stream', () => {
    const empty = new TimedEngine();
    expect([faults.putUnreadable(empty, 5), faults.reshard(empty)]).toEqual([0, 0]);
  });

  it('draw from a sequence each, whatever the others do', () => {
    const drawn = (meanwhile: (some: KinesisFaults, index: number) => void) => {
      const some = new KinesisFaults({ random: new SeededRandom(9), onApiKill });
      some.set({ lostAnswers: 0.5, expiredIterators: 0.5 });
      return Array.from({ length: 64 }, (_, index) => {
        meanwhile(some, index);
        return some.losesAnswer();
      });
    };
    const alone = drawn(() => undefined);
    expect(new Set(alone).size).toBe(2);
    expect(drawn((some) => some.expiresIterator())).toEqual(alone);
    expect(drawn((some) => some.putUnreadable(engine, 1))).toEqual(alone);
    expect(drawn((some, index) => index % 16 === 0 && some.reshard(engine))).toEqual(alone);
  });

  it('split and merge shards of a stream', () => {
    const before = engine.stream('payments').listShards().length;
    expect(faults.reshard(engine) + faults.reshard(engine)).toBe(2);
    expect(engine.stream('payments').listShards()).toHaveLength(before + 3);
  });
});
