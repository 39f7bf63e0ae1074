import { configureEventSource, type DiscardCommand, type EventSourceProps, seededRandom } from '../../../lib/event-source';
import { KinesisEngine, type KinesisEngineProps, type KinesisStream } from '../../../local/engines/stream';
import { type InvocationResult, KinesisEventSource, type KinesisEventSourceProps } from '../../../local/event-sources';
import { FakeFunction } from './fake-function';
import { ManualClock } from './manual-clock';

const START = 1_800_000_000_000;
const ARN = 'arn:aws:kinesis:eu-west-1:123456789012:stream/payments';
const MIDDLE = String(1n << 127n);

interface Setup {
  readonly clock: ManualClock;
  readonly stream: KinesisStream;
  readonly invoked: FakeFunction;
  readonly source: KinesisEventSource;
}

function setUp(
  props: Partial<EventSourceProps> = {},
  invoked = new FakeFunction(),
  more: Partial<KinesisEventSourceProps> = {},
  shardCount = 1,
  engineProps: KinesisEngineProps = {},
): Setup {
  const clock = new ManualClock(START);
  const engine = new KinesisEngine({ now: () => clock.now(), ...engineProps });
  const stream = engine.createStream({ name: 'payments', shardCount });
  const configuration = configureEventSource({
    source: 'kinesis', eventSourceArn: ARN, startingPosition: { type: 'TRIM_HORIZON' }, enhancedFanOut: true, ...props,
  });
  const source = new KinesisEventSource({
    engine, streamName: 'payments', configuration, invoker: invoked, random: seededRandom(1), clock, propagationMilliseconds: 0, ...more,
  });
  return { clock, stream, invoked, source };
}

function put(stream: KinesisStream, ...texts: string[]): void {
  for (const text of texts) {
    const data = Buffer.from(text);
    stream.put(`key-${text}`, data.toString('base64'), data.length);
  }
}

/** Texts of the records of each event. */
function delivered({ events }: FakeFunction): string[][] {
  return events.map(({ Records }) => Records.map((record) => Buffer.from((record.kinesis as { data: string }).data, 'base64').toString()));
}

describe('KinesisEventSource', () => {
  it('gives the function the event of Lambda', async () => {
    const { clock, stream, invoked, source } = setUp();
    put(stream, 'a');
    await source.start();
    await clock.settle();
    const [{ sequenceNumber }] = stream.read('shardId-000000000000', 0, 1).records;
    expect(invoked.events).toEqual([{
      Records: [{
        kinesis: { kinesisSchemaVersion: '1.0', partitionKey: 'key-a', sequenceNumber, data: 'YQ==', approximateArrivalTimestamp: START / 1000 },
        eventSource: 'aws:kinesis',
        eventVersion: '1.0',
        eventID: `shardId-000000000000:${sequenceNumber}`,
        eventName: 'aws:kinesis:record',
        invokeIdentityArn: 'arn:aws:iam::123456789012:role/local',
        awsRegion: 'eu-west-1',
        eventSourceARN: ARN,
      }],
    }]);
    await source.stop();
  });

  it('adds the window, the state and the shard with a tumbling window', async () => {
    const state = { sum: 1 };
    const invoked = new FakeFunction(() => ({ status: 'success', payload: { state } }));
    const { clock, stream, source } = setUp({ tumblingWindowSeconds: 30, tuning: { windowGraceMilliseconds: 1000 } }, invoked);
    put(stream, 'a');
    await source.start();
    await clock.settle();
    expect(source.idle).toBe(false);
    await clock.advance(31_000);
    const window = { start: '2027-01-15T08:00:00Z', end: '2027-01-15T08:00:30Z' };
    expect(invoked.events.map(({ Records, ...rest }) => [Records.length, rest])).toEqual([
      [1, { shardId: 'shardId-000000000000', eventSourceARN: ARN, window, state: {}, isFinalInvokeForWindow: false, isWindowTerminatedEarly: false }],
      [0, { shardId: 'shardId-000000000000', eventSourceARN: ARN, window, state, isFinalInvokeForWindow: true, isWindowTerminatedEarly: false }],
    ]);
    expect(source.idle).toBe(true);
    await source.stop();
  });

  it('is pushed records without a poll when it has enhanced fan-out', async () => {
    const { clock, stream, invoked, source } = setUp();
    await source.start();
    put(stream, 'a', 'b');
    await clock.settle();
    put(stream, 'c');
    await clock.settle();
    expect([delivered(invoked), clock.now()]).toEqual([[['a', 'b'], ['c']], START]);
    await source.stop();
  });

  it('polls once a second without enhanced fan-out, within the read limits', async () => {
    const { clock, stream, invoked, source } = setUp({ enhancedFanOut: false });
    await source.start();
    await clock.settle();
    put(stream, 'a');
    await clock.advance(999);
    expect(invoked.events).toHaveLength(0);
    await clock.advance(1);
    expect(delivered(invoked)).toEqual([['a']]);
    await source.stop();
  });

  it('gets over throttled polls', async () => {
    const { clock, stream, invoked, source } = setUp({ enhancedFanOut: false });
    for (let read = 0; read < 5; read += 1) {
      stream.poll('shardId-000000000000', 0, 1);
    }
    put(stream, 'a');
    await source.start();
    await clock.settle();
    expect(invoked.events).toHaveLength(0);
    await clock.until(() => invoked.events.length > 0);
    expect(source.counters.readFailures).toBeGreaterThan(0);
    expect(source.status.lastError).toBeUndefined();
    await source.stop();
  });

  it('follows splits and merges, parents first', async () => {
    const { clock, stream, invoked, source } = setUp({ batchSize: 1 });
    put(stream, 'a', 'b');
    await source.start();
    const children = stream.split('shardId-000000000000', MIDDLE);
    put(stream, 'c', 'd', 'e', 'f');
    stream.merge(children[0].id, children[1].id);
    put(stream, 'g');
    await clock.advance(100);
    const order = delivered(invoked).flat();
    expect(order.slice(0, 2)).toEqual(['a', 'b']);
    expect(order.slice(2, 6).sort()).toEqual(['c', 'd', 'e', 'f']);
    expect(order.slice(6)).toEqual(['g']);
    await source.stop();
  });

  it('looks at data as JSON or as text in filters', async () => {
    const { clock, stream, invoked, source } = setUp({ filters: [{ data: { type: ['refund'] } }, { data: ['plain'] }, { partitionKey: ['key-chosen'] }] });
    put(stream, '{"type":"payment"}', '{"type":"refund"}', 'plain', 'other', 'chosen', '5');
    await source.start();
    await source.untilDrained();
    expect(delivered(invoked)).toEqual([['{"type":"refund"}', 'plain', 'chosen']]);
    expect(source.counters.filteredRecords).toBe(3);
    await clock.settle();
    await source.stop();
  });

  it('is drained when nothing is unread, in flight or waiting for a retry', async () => {
    const failures: InvocationResult[] = [{ status: 'functionError', errorType: 'Error', message: 'planned' }, { status: 'throttled' }];
    const invoked = new FakeFunction(() => failures.shift() ?? { status: 'success', payload: null });
    const { clock, stream, source } = setUp({}, invoked);
    await source.start();
    await clock.settle();
    expect(source.idle).toBe(true);
    invoked.hold = true;
    put(stream, 'a');
    expect(source.idle).toBe(false);
    let drained = false;
    const wait = source.untilDrained().then(() => {
      drained = true;
    });
    await clock.advance(1000);
    expect([drained, source.idle]).toEqual([false, false]);
    invoked.release();
    await clock.advance(1000);
    await wait;
    expect(delivered(invoked)).toEqual([['a'], ['a'], ['a']]);
    expect(source.counters).toMatchObject({ functionErrors: 1, throttles: 1, redeliveredRecords: 2 });
    await source.stop();
  });

  it('waits at stop for the invocation in flight, and begins no other', async () => {
    const invoked = new FakeFunction();
    const { clock, stream, source } = setUp({ batchSize: 1 }, invoked);
    invoked.hold = true;
    put(stream, 'a', 'b');
    await source.start();
    await clock.settle();
    const waiting = source.untilDrained();
    const stops: string[] = [];
    const stop = Promise.all([source.stop().then(() => stops.push('first')), source.stop().then(() => stops.push('second'))]);
    await clock.settle();
    expect(stops).toEqual([]);
    invoked.release();
    await stop;
    await expect(waiting).rejects.toThrow('was stopped before it was drained');
    await expect(source.untilDrained()).rejects.toThrow('is stopped');
    expect(delivered(invoked)).toEqual([['a']]);
  });

  it('delivers again what was in flight when the poller is replaced', async () => {
    const invoked = new FakeFunction();
    const { clock, stream, source } = setUp({ batchSize: 2 }, invoked);
    put(stream, 'a', 'b', 'c');
    await source.start();
    await clock.settle();
    invoked.hold = true;
    put(stream, 'd');
    await clock.settle();
    source.restart();
    const drained = source.untilDrained();
    await clock.settle();
    invoked.release();
    await clock.settle();
    await drained;
    expect(delivered(invoked)).toEqual([['a', 'b'], ['c'], ['d'], ['d']]);
    expect(source.counters).toMatchObject({ restarts: 1, redeliveredRecords: 1 });
    await source.stop();
  });

  it('lets the engine drop what it has passed', async () => {
    const invoked = new FakeFunction();
    const { clock, stream, source } = setUp({ batchSize: 1 }, invoked, {}, 1, { keepPassedBytes: 0 });
    invoked.hold = true;
    put(stream, 'a', 'b');
    await source.start();
    await clock.settle();
    expect(stream.statistics()[0].storedRecords).toBe(2);
    invoked.release();
    await clock.settle();
    expect(stream.statistics()[0].storedRecords).toBe(0);
    await source.stop();
  });

  it('loses what is over the retention before it is read, counts it, tells of it and goes on', async () => {
    const invoked = new FakeFunction();
    const errors: string[] = [];
    const { clock, stream, source } = setUp({ batchSize: 1, tuning: { readAheadRecords: 1 } }, invoked, {
      listShardsMilliseconds: 3_600_000, onError: (error) => errors.push(error.message),
    });
    invoked.hold = true;
    put(stream, 'a', 'b', 'c');
    await source.start();
    await clock.advance(25 * 3_600_000);
    put(stream, 'd');
    invoked.release();
    await clock.advance(1000);
    expect([delivered(invoked), source.trimmedRecords, source.counters.trimmedReads]).toEqual([[['a'], ['d']], 2, 1]);
    expect(errors).toEqual(['2 records of shardId-000000000000 in stream payments were over the retention before they were read']);
    expect(source.idle).toBe(true);
    await source.stop();
  });

  it('gives up what is still being retried when it is over the retention', async () => {
    const discards: DiscardCommand[] = [];
    const { clock, stream, source } = setUp({}, new FakeFunction(() => ({ status: 'throttled' })), {
      listShardsMilliseconds: 3_600_000,
      onDiscard: async (discard) => void discards.push(discard),
    });
    put(stream, 'a');
    await source.start();
    await clock.advance(60_000);
    expect(discards).toEqual([]);
    await clock.advance(24 * 3_600_000 - 60_000);
    expect(discards).toEqual([]);
    await clock.advance(30_000);
    expect(discards.map(({ reason, records }) => [reason, records.length])).toEqual([['RecordAgeExceeded', 1]]);
    expect([source.idle, source.trimmedRecords]).toEqual([true, 0]);
    await source.stop();
  }, 60_000);

  it('goes on with the children of a shard that the stream has forgotten', async () => {
    const invoked = new FakeFunction();
    const { clock, stream, source } = setUp({ batchSize: 1, tuning: { readAheadRecords: 1 } }, invoked, { listShardsMilliseconds: 3_600_000 });
    invoked.hold = true;
    put(stream, 'a', 'b');
    await source.start();
    stream.split('shardId-000000000000', MIDDLE);
    await clock.advance(25 * 3_600_000);
    expect(stream.hasShard('shardId-000000000000')).toBe(false);
    put(stream, 'c');
    invoked.release();
    await clock.advance(1000);
    expect([delivered(invoked), source.trimmedRecords, source.idle]).toEqual([[['a'], ['c']], 1, true]);
    await source.stop();
  });

  it('takes a new iterator behind its last record when a polled one has expired', async () => {
    const invoked = new FakeFunction();
    invoked.hold = true;
    const { clock, stream, source } = setUp({ enhancedFanOut: false, batchSize: 1, tuning: { readAheadRecords: 1 } }, invoked);
    put(stream, 'a', 'b');
    await source.start();
    // The read-ahead is full for longer than an iterator lives.
    await clock.advance(301_000);
    invoked.release();
    await clock.advance(1000);
    expect([delivered(invoked), source.counters.readFailures]).toEqual([[['a'], ['b']], 1]);
    expect(source.status.lastError).toBeUndefined();
    await source.stop();
  });

  it.each([['TRIM_HORIZON', ['a', 'b', 'c']], ['LATEST', ['b', 'c']]] as const)('loses nothing when iterators expire at random, from %s on', async (type, expected) => {
    const random = seededRandom(3);
    let expired = 0;
    const expiresIterator = (): boolean => {
      const expires = random.next() < 0.6;
      expired += expires ? 1 : 0;
      return expires;
    };
    const { clock, stream, invoked, source } = setUp({ enhancedFanOut: false, startingPosition: { type } }, new FakeFunction(), {
      faults: { refusesRead: () => false, expiresIterator },
    });
    put(stream, 'a');
    await clock.advance(1);
    await source.start();
    for (const text of ['b', 'c']) {
      await clock.advance(5000);
      put(stream, text);
    }
    await clock.advance(5000);
    expect(delivered(invoked).flat()).toEqual(expected);
    expect(expired).toBeGreaterThan(5);
    expect([source.counters.readFailures, source.idle]).toEqual([expired, true]);
    await source.stop();
  });

  it.each([[true], [false]])('gets over a stream that is unavailable, with enhanced fan-out %s', async (enhancedFanOut) => {
    let unavailable = false;
    const errors = new Set<string>();
    const { clock, stream, invoked, source } = setUp({ enhancedFanOut }, new FakeFunction(), {
      faults: { refusesRead: () => unavailable, expiresIterator: () => false }, onError: (error) => errors.add(error.message),
    });
    await source.start();
    await clock.advance(1000);
    unavailable = true;
    put(stream, 'a');
    await clock.advance(10_000);
    expect([delivered(invoked), source.drained]).toEqual([[], false]);
    expect([...errors]).toEqual(['InternalFailure: the stream payments is not available']);
    unavailable = false;
    await clock.advance(11_000);
    expect(delivered(invoked)).toEqual([['a']]);
    await source.stop();
  });

  it('keeps nothing of shards that were closed before a mapping that starts at the end', async () => {
    const { clock, stream, source } = setUp({ startingPosition: { type: 'LATEST' } }, new FakeFunction(), { listShardsMilliseconds: 3_600_000 });
    put(stream, 'a');
    stream.split('shardId-000000000000', MIDDLE);
    await source.start();
    await clock.settle();
    expect(source.idle).toBe(true);
    await clock.advance(25 * 3_600_000);
    expect(stream.listShards().map((shard) => shard.id)).toEqual(['shardId-000000000001', 'shardId-000000000002']);
    await source.stop();
  });

  it.each([[true], [false]])('misses nothing after the first look of a mapping that starts at the end, with enhanced fan-out %s', async (enhancedFanOut) => {
    const { clock, stream, invoked, source } = setUp({ startingPosition: { type: 'LATEST' }, enhancedFanOut });
    put(stream, 'old');
    await source.start();
    await clock.advance(1500);
    put(stream, 'a');
    await clock.advance(1500);
    put(stream, 'b');
    await clock.advance(1500);
    expect(delivered(invoked)).toEqual([['a'], ['b']]);
    await source.stop();
  });

  it('is not drained between the end of a shard and the first look into its children', async () => {
    const { clock, stream, invoked, source } = setUp();
    await source.start();
    await clock.settle();
    const looks: boolean[] = [];
    invoked.invoke = async () => {
      looks.push(source.drained);
      return { status: 'success', payload: null };
    };
    put(stream, 'a');
    stream.split('shardId-000000000000', MIDDLE);
    put(stream, 'b');
    expect([source.drained, source.idle]).toEqual([false, false]);
    await source.untilDrained();
    expect([looks, source.drained]).toEqual([[false, false], true]);
    await source.stop();
  });

  it('is drained, and not idle, while only a window is open', async () => {
    const { clock, stream, source } = setUp({ tumblingWindowSeconds: 30 }, new FakeFunction(() => ({ status: 'success', payload: { state: {} } })));
    put(stream, 'a');
    await source.start();
    await clock.settle();
    expect([source.drained, source.idle]).toEqual([true, false]);
    source.restart();
    await clock.advance(151_000);
    expect([source.drained, source.idle]).toEqual([true, true]);
    await source.stop();
  });

  it('tells at once of a shard without records that it has caught up', async () => {
    const { clock, source } = setUp({}, new FakeFunction(), {}, 3);
    await source.start();
    await clock.settle();
    expect(source.status.shards.map((shard) => shard.caughtUp)).toEqual([true, true, true]);
    await source.stop();
  });

  it('hands discarded records over until they are stored', async () => {
    const discards: DiscardCommand[] = [];
    const errors: string[] = [];
    const invoked = new FakeFunction(() => ({ status: 'functionError', errorType: 'Error', message: 'planned' }));
    const { clock, stream, source } = setUp({ maximumRetryAttempts: 1 }, invoked, {
      onDiscard: async (command) => {
        discards.push(command);
        if (discards.length === 1) {
          throw new Error('the destination does not answer');
        }
      },
      onError: (error) => errors.push(error.message),
    });
    put(stream, 'a');
    await source.start();
    await clock.advance(500);
    expect(source.idle).toBe(false);
    await clock.advance(1500);
    expect(source.idle).toBe(true);
    expect(discards.map((discard) => [discard.reason, discard.records.length, discard.attempts])).toEqual([
      ['RetryAttemptsExhausted', 1, 2], ['RetryAttemptsExhausted', 1, 2],
    ]);
    expect(errors).toEqual(['the destination does not answer']);
    await source.stop();
  });

  it('takes an invoker that fails itself for a function error', async () => {
    const invoked = new FakeFunction();
    const invoke = invoked.invoke.bind(invoked);
    let broken = true;
    invoked.invoke = async (event) => {
      if (broken) {
        broken = false;
        throw new Error('no process');
      }
      return invoke(event);
    };
    const { clock, stream, source } = setUp({}, invoked);
    put(stream, 'a');
    await source.start();
    await clock.advance(1000);
    expect(delivered(invoked)).toEqual([['a']]);
    expect(source.counters.functionErrors).toBe(1);
    expect(source.status.lastError?.message).toBe('no process');
    await source.stop();
  });

  it('runs lanes of a shard side by side', async () => {
    const invoked = new FakeFunction();
    const { clock, stream, source } = setUp({ parallelizationFactor: 4, batchSize: 5 }, invoked);
    invoked.hold = true;
    put(stream, ...Array.from({ length: 40 }, (_, index) => String(index)));
    await source.start();
    await clock.settle();
    expect(invoked.running).toBe(4);
    invoked.release();
    await source.untilDrained();
    expect(delivered(invoked).flat().sort()).toEqual(Array.from({ length: 40 }, (_, index) => String(index)).sort());
    await source.stop();
  });

  it('never makes an event larger than it counted', async () => {
    const { clock, stream, invoked, source } = setUp({ batchSize: 10_000, maximumBatchingWindowSeconds: 300 });
    await source.start();
    for (let index = 0; index < 8; index += 1) {
      const data = Buffer.alloc(1_000_000, index);
      stream.put(`"quoted"\u0001\u{1f600}${index}`, data.toString('base64'), data.length);
      await clock.advance(1000);
    }
    await clock.advance(300_000);
    expect(source.idle).toBe(true);
    expect(invoked.events.map(({ Records }) => Records.length)).toEqual([4, 4]);
    // A record more would not have fitted.
    const bytes = invoked.events.map((event) => Buffer.byteLength(JSON.stringify(event)));
    bytes.forEach((size) => expect(Math.abs(size - (4 * Buffer.byteLength(Buffer.alloc(1_000_000).toString('base64')) + 2000))).toBeLessThan(1500));
    await source.stop();
  });
});
