import { configureEventSource, seededRandom } from '../../../lib/event-source';
import { Facts } from '../../../lib/facts';
import { KinesisEngine, type KinesisStream } from '../../../local/engines/stream';
import { KinesisEventSource, type KinesisEventSourceProps } from '../../../local/event-sources';
import { propagationDelay } from '../../../local/event-sources/propagation-delay';
import { FakeFunction } from './fake-function';
import { ManualClock } from './manual-clock';

const START = 1_800_000_000_000;
const ARN = 'arn:aws:kinesis:eu-west-1:123456789012:stream/payments';
const MIDDLE = String(1n << 127n);

/** A clock that counts its timers. */
class CountingClock extends ManualClock {
  timersSet = 0;

  override setTimer(callback: () => void, milliseconds: number): () => void {
    this.timersSet += 1;
    return super.setTimer(callback, milliseconds);
  }
}

function setUp(more: Partial<KinesisEventSourceProps> = {}, batchSize = 10_000) {
  const clock = new CountingClock(START);
  const engine = new KinesisEngine({ now: () => clock.now() });
  const stream = engine.createStream({ name: 'payments', shardCount: 1 });
  const arrivals = new Map<string, number>();
  const invoked = new FakeFunction(({ Records }) => {
    Records.forEach((record) => arrivals.set((record.kinesis as { partitionKey: string }).partitionKey, clock.now()));
    return { status: 'success', payload: null };
  });
  const configuration = configureEventSource({ source: 'kinesis', eventSourceArn: ARN, startingPosition: { type: 'TRIM_HORIZON' }, enhancedFanOut: true, batchSize });
  const source = new KinesisEventSource({
    engine, streamName: 'payments', configuration, invoker: invoked, random: seededRandom(1), clock, listShardsMilliseconds: 1e9, ...more,
  });
  return { clock, stream, invoked, source, arrivals };
}

function put(stream: KinesisStream, key: string, bytes = 1): boolean {
  return !('throttled' in stream.put(key, Buffer.alloc(bytes).toString('base64'), bytes));
}

describe('the delay of enhanced fan-out', () => {
  it('has the mean that AWS states, and the spread that was measured', () => {
    const delay = propagationDelay(70, seededRandom(5));
    const delays = Array.from({ length: 20_000 }, delay).sort((a, b) => a - b);
    const at = (share: number): number => delays[Math.floor(share * delays.length)];
    expect(Math.abs(delays.reduce((sum, value) => sum + value, 0) / delays.length - 70)).toBeLessThan(1);
    const measured = Facts.DEFAULT.number('lambda-esm/kinesis.efo.p99') / Facts.DEFAULT.number('lambda-esm/kinesis.efo.p50');
    expect(Math.abs(at(0.99) / at(0.5) / measured - 1)).toBeLessThan(0.05);
    expect(delays[0]).toBeGreaterThan(5);
    expect(() => propagationDelay(-1, seededRandom(1))).toThrow('`propagationMilliseconds` must be at least 0 and finite, got: -1');
  });

  it('is what a record needs until the function has it', async () => {
    const { clock, stream, source, arrivals } = setUp();
    await source.start();
    const sent = new Map<string, number>();
    for (let index = 0; index < 300; index += 1) {
      sent.set(`key-${index}`, clock.now());
      put(stream, `key-${index}`);
      await clock.advance(300);
    }
    const delays = [...sent].map(([key, time]) => arrivals.get(key)! - time);
    const mean = delays.reduce((sum, value) => sum + value, 0) / delays.length;
    expect(mean).toBeGreaterThan(62);
    expect(mean).toBeLessThan(78);
    expect(new Set(delays).size).toBeGreaterThan(40);
    await source.stop();
  });

  it('keeps the order of a shard', async () => {
    const { clock, stream, source, invoked } = setUp();
    await source.start();
    for (let index = 0; index < 400; index += 1) {
      put(stream, String(index).padStart(4, '0'));
      await clock.advance(index % 13);
    }
    await clock.advance(1000);
    const keys = invoked.events.flatMap(({ Records }) => Records.map((record) => (record.kinesis as { partitionKey: string }).partitionKey));
    expect(keys).toEqual([...keys].sort());
    expect(keys).toHaveLength(400);
    await source.stop();
  });

  it('costs no throughput and few timers', async () => {
    const { clock, stream, source, arrivals } = setUp();
    await source.start();
    await clock.settle();
    const before = clock.timersSet;
    for (let millisecond = 0; millisecond < 1000; millisecond += 1) {
      put(stream, `key-${millisecond}`);
      await clock.advance(1);
    }
    // At 1,000 records a second all but those of the last moments are there.
    expect(arrivals.size).toBeGreaterThan(800);
    expect(clock.timersSet - before).toBeLessThanOrEqual(101);
    await source.stop();
  });

  it('does not hold for what is in the stream when the mapping begins', async () => {
    const { clock, stream, source, invoked } = setUp();
    put(stream, 'old');
    await source.start();
    await clock.settle();
    expect([invoked.events.length, clock.now()]).toEqual([1, START]);
    await source.stop();
  });

  it('is not over for an event source that is drained', async () => {
    const { clock, stream, source, arrivals } = setUp();
    await source.start();
    await clock.advance(10);
    put(stream, 'a');
    expect(source.drained).toBe(false);
    await clock.advance(1000);
    expect([source.drained, arrivals.has('a')]).toEqual([true, true]);
    await source.stop();
  });

  it('holds for the end of a shard too', async () => {
    const { clock, stream, source, invoked } = setUp();
    await source.start();
    await clock.settle();
    put(stream, 'parent');
    stream.split('shardId-000000000000', MIDDLE);
    put(stream, 'child');
    await clock.settle();
    expect(invoked.events).toEqual([]);
    await clock.advance(1000);
    const keys = invoked.events.map(({ Records }) => Records.map((record) => (record.kinesis as { partitionKey: string }).partitionKey));
    expect(keys).toEqual([['parent'], ['child']]);
    await source.stop();
  });

  it('leaves no timer and no watcher behind when the mapping stops', async () => {
    const { clock, stream, source } = setUp();
    await source.start();
    await clock.settle();
    put(stream, 'a');
    await source.stop();
    const { timersSet } = clock;
    put(stream, 'b');
    await clock.advance(1000);
    expect(clock.timersSet).toBe(timersSet);
  });
});

describe('the bandwidth of enhanced fan-out', () => {
  it('is 2 MiB a second of a shard: a consumer that is behind catches up no faster', async () => {
    const { clock, stream, source, arrivals } = setUp({ propagationMilliseconds: 0 }, 1);
    for (let index = 0; index < 40; index += 1) {
      expect(put(stream, `key-${index}`, 262_000)).toBe(true);
      await clock.advance(250);
    }
    const began = clock.now();
    await source.start();
    await clock.advance(20_000);
    expect(arrivals.size).toBe(40);
    // 10 MiB, of which the first 2 may come at once.
    const last = Math.max(...arrivals.values()) - began;
    expect(last).toBeGreaterThan(2900);
    expect(last).toBeLessThan(4500);
    await source.stop();
  });
});
