import { configureEventSource, seededRandom } from '../../../lib/event-source';
import { KinesisEngine } from '../../../local/engines/stream';
import {
  configureQueueEventSource,
  FailureDestination,
  type InvocationResult,
  KinesisEventSource,
  mappingUuid,
  QueueEventSource,
  type ServiceClient,
  TableStreamEventSource,
} from '../../../local/event-sources';
import { FakeFunction } from './fake-function';
import { ManualClock } from './manual-clock';

const START = 1_800_000_000_000;
const STREAM = 'arn:aws:kinesis:eu-west-1:123456789012:stream/payments';
const TABLE = 'arn:aws:dynamodb:eu-west-1:123456789012:table/ledger/stream/2027-01-15T08:00:00.000';
const QUEUE = 'arn:aws:sqs:eu-west-1:123456789012:refunds';

/** A clock between whose events nothing runs but what promises have ready. */
class MicrotaskClock extends ManualClock {
  override async settle(): Promise<void> {
    for (let turn = 0; turn < 300; turn += 1) {
      await Promise.resolve();
    }
  }
}

/** A table stream of one shard that grows, in process. */
class TableStream implements ServiceClient {
  readonly records: object[] = [];

  put(now: number): void {
    const number = String(this.records.length + 1).padStart(21, '0');
    this.records.push({ eventID: number, eventName: 'INSERT', dynamodb: { ApproximateCreationDateTime: Math.floor(now / 1000), Keys: { pk: { S: number } }, SequenceNumber: number } });
  }

  async call<Output>(operation: string, input: object): Promise<Output> {
    const { ShardIterator: iterator, SequenceNumber: after } = input as { ShardIterator?: string; SequenceNumber?: string };
    switch (operation) {
      case 'DescribeStream':
        return { StreamDescription: { Shards: [{ ShardId: 'shard' }] } } as Output;
      case 'GetShardIterator':
        return { ShardIterator: String(Number(after ?? 0)) } as Output;
      default: {
        const found = this.records.slice(Number(iterator));
        return { Records: found, NextShardIterator: String(Number(iterator) + found.length) } as Output;
      }
    }
  }
}

/** A queue in process that keeps to the waits that it is asked for, by the same clock. */
class Queue implements ServiceClient {
  messages: object[] = [];
  deleted = 0;

  constructor(private readonly clock: ManualClock) {}

  async call<Output>(operation: string, input: object): Promise<Output> {
    switch (operation) {
      case 'ReceiveMessage': {
        const { WaitTimeSeconds: seconds } = input as { WaitTimeSeconds: number };
        if (this.messages.length === 0) {
          await new Promise<void>((resolve) => this.clock.setTimer(resolve, seconds * 1000));
        }
        return { Messages: this.messages.splice(0) } as Output;
      }
      case 'DeleteMessageBatch': {
        const { Entries: entries } = input as { Entries: readonly object[] };
        this.deleted += entries.length;
        return { Successful: entries } as Output;
      }
      default:
        return { Attributes: { ApproximateNumberOfMessages: String(this.messages.length) } } as Output;
    }
  }
}

/** Runs one of everything for a minute and tells what happened when. */
async function run(seed: number): Promise<string[]> {
  const clock = new MicrotaskClock(START);
  const random = seededRandom(seed);
  const trace: string[] = [];
  const engine = new KinesisEngine({ now: () => clock.now() });
  const stream = engine.createStream({ name: 'payments', shardCount: 2 });
  const table = new TableStream();
  const queue = new Queue(clock);
  const invoker = (name: string): FakeFunction => new FakeFunction(({ Records }): InvocationResult => {
    trace.push(`${clock.now() - START} ${name} ${Records.length}`);
    return random.next() < 0.3 ? { status: 'functionError', errorType: 'Error', message: 'planned' } : { status: 'success', payload: null };
  });
  const destination = new FailureDestination({
    store: { kind: 'bucket', bucketName: 'failures', putObject: async (_, key) => void trace.push(`${clock.now() - START} stored ${key}`) },
    mappingUuid: mappingUuid('Mapping'), functionArn: 'arn', source: 'kinesis', streamArn: STREAM, clock, random,
  });
  const common = { clock, random };
  const kinesis = (enhancedFanOut: boolean) => configureEventSource({
    source: 'kinesis', eventSourceArn: STREAM, startingPosition: { type: 'TRIM_HORIZON' }, enhancedFanOut, parallelizationFactor: 2, maximumRetryAttempts: 1,
  });
  const faults = { refusesRead: () => false, expiresIterator: () => random.next() < 0.2 };
  const sources = [
    new KinesisEventSource({
      ...common, engine, streamName: 'payments', configuration: kinesis(true), invoker: invoker('pushed'),
      onDiscard: (discard, event) => destination.store(discard, event),
    }),
    new KinesisEventSource({ ...common, engine, streamName: 'payments', configuration: kinesis(false), invoker: invoker('polled'), faults }),
    new TableStreamEventSource({
      ...common, client: table, streamArn: TABLE, invoker: invoker('table'),
      configuration: configureEventSource({ source: 'dynamodb', eventSourceArn: TABLE, startingPosition: { type: 'TRIM_HORIZON' } }),
    }),
    new QueueEventSource({ clock, client: queue, queueUrl: 'refunds', configuration: configureQueueEventSource({ queueArn: QUEUE }), invoker: invoker('queue') }),
  ];
  for (const source of sources) {
    await source.start();
  }
  for (let second = 0; second < 60; second += 1) {
    for (let index = 0; index < 5; index += 1) {
      stream.put(`key-${random.next()}`, 'eA==', 1);
      table.put(clock.now());
    }
    queue.messages.push({ MessageId: String(second), ReceiptHandle: String(second), Body: 'x', Attributes: {}, MD5OfBody: '' });
    if (second % 7 === 3) {
      stream.reshardRandomly(random);
    }
    await clock.advance(1000);
  }
  await clock.advance(30_000);
  expect(sources.map((source) => source.drained)).toEqual([true, true, true, true]);
  const stops = sources.map((source) => source.stop());
  await clock.advance(30_000);
  await Promise.all(stops);
  return trace;
}

describe('event sources in virtual time', () => {
  const forbidden = (name: string) => (): never => {
    throw new Error(`${name} is not a part of virtual time`);
  };

  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('need nothing but their clock and their random numbers, and do the same for the same seed', async () => {
    jest.spyOn(globalThis, 'setTimeout').mockImplementation(forbidden('setTimeout') as never);
    jest.spyOn(globalThis, 'setInterval').mockImplementation(forbidden('setInterval') as never);
    jest.spyOn(globalThis, 'setImmediate').mockImplementation(forbidden('setImmediate') as never);
    jest.spyOn(Date, 'now').mockImplementation(forbidden('Date.now'));
    jest.spyOn(Math, 'random').mockImplementation(forbidden('Math.random'));
    const traces = [await run(1), await run(1), await run(2)];
    jest.restoreAllMocks();
    expect(traces[1]).toEqual(traces[0]);
    expect(traces[2]).not.toEqual(traces[0]);
    ['pushed', 'polled', 'table', 'queue', 'stored'].forEach((name) => expect(traces[0].filter((line) => line.includes(` ${name} `)).length).toBeGreaterThan(0));
  });
});
