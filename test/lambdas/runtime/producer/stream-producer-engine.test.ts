import { StreamProducer } from '../../../../lambdas/runtime/producer/stream-producer';
import { KinesisEngine, kinesisLimits, type KinesisStream } from '../../../../local/engines/stream';
import { runOperation } from '../../../../local/engines/stream/operations';
import { KinesisRequest } from '../../../../local/engines/stream/request';
import { ManualClock } from './manual-clock';

interface Reading {
  readonly merchant: string;
  readonly value: number;
}

const texts = (stream: KinesisStream, shardId: string): string[] => (
  stream.read(shardId, 0, 10_000).records.map(({ data }) => Buffer.from(data, 'base64').toString())
);

describe('StreamProducer on the Kinesis engine', () => {
  it('keeps to what a shard takes, does not slow the other, and everything acknowledged is in its shard', async () => {
    const clock = new ManualClock();
    const engine = new KinesisEngine({ now: () => clock.now(), limits: { ...kinesisLimits(), shardWriteRecordsPerSecond: 50 } });
    const stream = engine.createStream({ name: 'readings', shardCount: 2 });
    let refused = 0;
    const producer = new StreamProducer<Reading>({
      kinesis: {
        call: async <Output>(operation: string, input: object) => {
          const output = runOperation(engine, operation, KinesisRequest.parse(JSON.stringify(input))) as { FailedRecordCount: number };
          refused += output.FailedRecordCount;
          return output as Output;
        },
      },
      streamName: 'readings',
      clock,
      encode: (reading) => Buffer.from(JSON.stringify(reading)),
      placeOf: ({ merchant }) => ({ partitionKey: merchant, explicitHashKey: merchant === 'hot' ? '0' : String(1n << 127n) }),
      deliveryMilliseconds: 30_000,
    });
    const delays = new Map<string, number[]>([['hot', []], ['calm', []]]);
    const put = (merchant: string, value: number): void => {
      const begin = clock.now();
      producer.offer({ merchant, value }, (outcome) => {
        expect(outcome.kind).toBe('durable');
        delays.get(merchant)!.push(clock.now() - begin);
      });
    };
    for (let tick = 0; tick < 40; tick++) {
      // 300 a second for one shard, 20 for the other, for two seconds.
      Array.from({ length: 15 }, (_, index) => put('hot', tick * 15 + index));
      put('calm', tick);
      await clock.advance(50);
    }
    const end = producer.drain();
    await clock.advance(40_000);
    await end;
    const [hot, calm] = ['shardId-000000000000', 'shardId-000000000001'].map((shardId) => texts(stream, shardId));
    expect(hot.sort()).toEqual(Array.from({ length: 600 }, (_, value) => JSON.stringify({ merchant: 'hot', value })).sort());
    expect(calm.sort()).toEqual(Array.from({ length: 40 }, (_, value) => JSON.stringify({ merchant: 'calm', value })).sort());
    expect(Math.max(...delays.get('calm')!)).toBeLessThanOrEqual(5);
    expect(Math.max(...delays.get('hot')!)).toBeGreaterThan(5_000);
    expect(refused).toBeGreaterThan(0);
  });
});
