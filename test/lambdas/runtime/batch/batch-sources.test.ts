import { FullBatchFailureError, PermanentError, UnexpectedEventError, UnfinishedBatchError } from '../../../../lambdas/runtime/batch/batch-errors';
import { BatchProcessor } from '../../../../lambdas/runtime/batch/batch-processor';
import { BatchSources } from '../../../../lambdas/runtime/batch/sources';
import { FakeParking } from '../support/fake-ports';
import { ManualClock } from '../support/manual-clock';
import { RecordedMetrics } from '../support/silent';
import {
  aggregate, change, contextOf, kafkaRecord, kinesisEvent, message, mskEvent, queueEvent, selfManagedEvent, sequence, tableEvent,
} from './batch-events';

const TRACE_PARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

/** Orders; those whose name begins with "down" fail. */
interface Order { readonly name: string }
const asOrder = (value: unknown): Order => value as Order;

describe('batches of Kinesis', () => {
  const done: string[] = [];
  const metrics = new RecordedMetrics();
  const effect = async ({ name }: Order): Promise<void> => {
    if (name.startsWith('down')) {
      throw new Error('down');
    }
    done.push(name);
  };
  const { handler } = new BatchProcessor({ source: BatchSources.kinesis(), validate: asOrder, effect, metrics, clock: new ManualClock() });
  const handle = async (...contents: (object | Uint8Array)[]) => {
    done.length = 0;
    return handler(kinesisEvent(contents.map((content) => ({ content }))), contextOf());
  };

  it('are unpacked, plain records and aggregates', async () => {
    expect(await handle({ name: 'a' }, aggregate({ name: 'b' }, { name: 'c' }), { name: 'd' })).toEqual({ batchItemFailures: [] });
    expect(done).toEqual(['a', 'b', 'c', 'd']);
  });

  it('name the lowest record that is not done, alone, by its sequence number', async () => {
    expect(await handle({ name: 'a' }, { name: 'down 1' }, { name: 'b' }, { name: 'down 2' })).toEqual({ batchItemFailures: [{ itemIdentifier: sequence(1) }] });
  });

  it('name an aggregate of which one record is not done', async () => {
    expect(await handle({ name: 'a' }, aggregate({ name: 'b' }, { name: 'down' }))).toEqual({ batchItemFailures: [{ itemIdentifier: sequence(1) }] });
  });

  it('count what comes again behind the lowest, though it is done', async () => {
    metrics.counts.RecordsLeftForRetry = 0;
    await handle({ name: 'a' }, { name: 'down' }, { name: 'b' });
    expect(metrics.counts.RecordsLeftForRetry).toBe(2);
  });

  it('take an empty batch', async () => {
    expect(await handle()).toEqual({ batchItemFailures: [] });
  });

  it('are not begun behind a failure, unless they go on', async () => {
    const given = { source: BatchSources.kinesis(), validate: asOrder, effect, concurrency: 1, clock: new ManualClock() };
    const event = kinesisEvent([{ content: { name: 'a' } }, { content: { name: 'down' } }, { content: { name: 'b' } }]);
    done.length = 0;
    await new BatchProcessor(given).handler(event, contextOf());
    expect(done).toEqual(['a']);
    await new BatchProcessor({ ...given, behindFailure: 'continue' }).handler(event, contextOf());
    expect(done).toEqual(['a', 'a', 'b']);
  });

  it('go on with other keys where the order of keys is kept', async () => {
    const { handler: keyed } = new BatchProcessor({
      source: BatchSources.kinesis(), validate: asOrder, effect, order: 'perKey', clock: new ManualClock(),
    });
    done.length = 0;
    const records = [['a', 'down'], ['b', 'b1'], ['a', 'a2'], ['b', 'b2']].map(([key, name]) => ({ key, content: { name } }));
    expect(await keyed(kinesisEvent(records), contextOf())).toEqual({ batchItemFailures: [{ itemIdentifier: sequence(0) }] });
    expect(done).toEqual(['b1', 'b2']);
  });

  it('do what is first in them, however long the lane of a key is', async () => {
    const clock = new ManualClock();
    const given = { source: BatchSources.kinesis(), order: 'perKey' as const, clock, concurrency: 1, effect: async () => { clock.time += 20_000; } };
    const records = ['a', 'b', 'a', 'c', 'a', 'b'].map((key) => ({ key, content: '1' }));
    // Three of twenty seconds begin before the deadline.
    const { handler: slow } = new BatchProcessor(given);
    expect(await slow(kinesisEvent(records), contextOf(60_000))).toEqual({ batchItemFailures: [{ itemIdentifier: sequence(3) }] });
  });

  it('leave bytes alone that only look like an aggregate', async () => {
    const seen: Uint8Array[] = [];
    const { handler: raw } = new BatchProcessor({
      source: BatchSources.kinesis({ aggregated: false }), decode: (bytes) => bytes, effect: async (bytes) => { seen.push(bytes); },
    });
    const packed = aggregate({ name: 'a' }, { name: 'b' });
    await raw(kinesisEvent([{ content: packed }]), contextOf());
    expect(seen).toEqual([Buffer.from(packed)]);
  });

  it('know where each record lies, and its key', async () => {
    const places: unknown[] = [];
    const { handler: placed } = new BatchProcessor({
      source: BatchSources.kinesis(), effect: async (_content, { partitionKey, place }) => { places.push([partitionKey, place]); },
    });
    await placed(kinesisEvent([{ content: aggregate('1', '2') }]), contextOf());
    const place = { shardId: 'shardId-000000000006', sequenceNumber: sequence(0) };
    expect(places).toEqual([['key-0', { ...place, index: 0 }], ['key-1', { ...place, index: 1 }]]);
  });

  it('are no others', async () => {
    await expect(handler(queueEvent(message('m', '{}')) as never, contextOf())).rejects.toThrow(UnexpectedEventError);
    await expect(handler({} as never, contextOf())).rejects.toThrow('the event is no batch of Amazon Kinesis');
  });
});

describe('batches of a table stream', () => {
  const event = tableEvent(change('100', 'a'), change('101', 'b'), change('102', 'a'));

  it('are the changes as they are, in the order of a row where that is asked for', async () => {
    const seen: string[] = [];
    const { handler } = new BatchProcessor({
      source: BatchSources.tableStream(), order: 'perKey',
      effect: async ({ dynamodb }) => {
        seen.push(dynamodb!.SequenceNumber!);
        if (dynamodb!.SequenceNumber === '100') {
          throw new Error('down');
        }
      },
    });
    expect(await handler(event, contextOf())).toEqual({ batchItemFailures: [{ itemIdentifier: '100' }] });
    expect(seen).toEqual(['100', '101']);
  });

  it('answer with a state where there is a window, also without records', async () => {
    const { handler } = new BatchProcessor({ source: BatchSources.tableStreamWindow(), effect: async () => { throw new Error('down'); } });
    expect(await handler({ Records: [] }, contextOf())).toEqual({ batchItemFailures: [], state: {} });
    expect(await handler({ ...event, shardId: 'shardId-1' }, contextOf())).toEqual({ batchItemFailures: [{ itemIdentifier: '100' }], state: {} });
    await expect(handler(event, contextOf())).rejects.toThrow('needs a tumbling window');
  });

  it('name a change by its shard where the event does, else by its id', async () => {
    const places: unknown[] = [];
    const effect = async (_change: unknown, { place }: { place: unknown }): Promise<void> => { places.push(place); };
    await new BatchProcessor({ source: BatchSources.tableStreamWindow(), effect }).handler({ ...tableEvent(change('100', 'a')), shardId: 's' }, contextOf());
    await new BatchProcessor({ source: BatchSources.tableStream(), effect }).handler(tableEvent(change('100', 'a')), contextOf());
    expect(places).toEqual([
      { shardId: 's', sequenceNumber: '100', index: 0 },
      { shardId: 'orders/stream/2026-11-22T00:00:00.000', sequenceNumber: 'id-100', index: 0 },
    ]);
  });

  it('are parked as JSON', async () => {
    const parking = new FakeParking();
    const { handler } = new BatchProcessor({
      source: BatchSources.tableStream(), park: { parking, schema: 'orders' }, effect: async () => { throw new PermanentError('too old'); },
    });
    expect(await handler(tableEvent(change('100', 'a')), contextOf())).toEqual({ batchItemFailures: [] });
    expect(JSON.parse(Buffer.from(parking.entries[0].payload).toString())).toEqual(change('100', 'a'));
  });

  it('fail as a whole when the failure has no sequence number', async () => {
    const { handler } = new BatchProcessor({ source: BatchSources.tableStream(), effect: async () => { throw new Error('down'); } });
    await expect(handler(tableEvent({ dynamodb: {} }), contextOf())).rejects.toThrow('without sequence number');
  });
});

describe('batches of a queue', () => {
  const fails = (...ids: string[]) => async (content: unknown): Promise<void> => {
    if (ids.includes((content as Order).name)) {
      throw new Error('down');
    }
  };
  const named = (name: string, others?: Parameters<typeof message>[2]) => message(name, JSON.stringify({ name }), others);

  it('name every message that is not done, and only those', async () => {
    const { handler } = new BatchProcessor({ source: BatchSources.sqs(), effect: fails('1', '3') });
    expect(await handler(queueEvent(named('0'), named('1'), named('2'), named('3')), contextOf()))
      .toEqual({ batchItemFailures: [{ itemIdentifier: '1' }, { itemIdentifier: '3' }] });
  });

  it('of a FIFO queue stop a message group at its first failure, and name the rest of it', async () => {
    const seen: string[] = [];
    const { handler } = new BatchProcessor({
      source: BatchSources.sqs(),
      effect: async (content, record) => { seen.push(record.native.messageId); await fails('a1')(content); },
    });
    const fifo = (name: string) => named(name, { group: name[0], queue: 'orders.fifo' });
    expect(await handler(queueEvent(fifo('a0'), fifo('b0'), fifo('a1'), fifo('b1'), fifo('a2'), fifo('a3')), contextOf()))
      .toEqual({ batchItemFailures: ['a1', 'a2', 'a3'].map((itemIdentifier) => ({ itemIdentifier })) });
    expect(seen.sort()).toEqual(['a0', 'a1', 'b0', 'b1']);
  });

  it('of a FIFO queue never have two messages of a group in one bulk', async () => {
    const bulks: string[][] = [];
    const { handler } = new BatchProcessor({
      source: BatchSources.sqs(),
      bulkEffect: async (items) => {
        bulks.push(items.map(({ record }) => record.native.messageId));
        return items.map(({ record }) => (record.native.messageId === 'a1' ? new Error('down') : undefined));
      },
    });
    const fifo = (name: string) => named(name, { group: name[0], queue: 'orders.fifo' });
    expect(await handler(queueEvent(fifo('a0'), fifo('a1'), fifo('b0'), fifo('a2'), fifo('b1'), fifo('b2')), contextOf()))
      .toEqual({ batchItemFailures: ['a1', 'a2'].map((itemIdentifier) => ({ itemIdentifier })) });
    expect(bulks).toEqual([['a0', 'b0'], ['a1', 'b1'], ['b2']]);
  });

  it('have no order in a standard queue with message groups, which are there for fairness', async () => {
    const { handler } = new BatchProcessor({ source: BatchSources.sqs(), effect: fails('a0') });
    expect(await handler(queueEvent(named('a0', { group: 'a' }), named('a1', { group: 'a' })), contextOf())).toEqual({ batchItemFailures: [{ itemIdentifier: 'a0' }] });
  });

  it('carry their trace in an attribute, and know their queue', async () => {
    const seen: unknown[] = [];
    const { handler } = new BatchProcessor({
      source: BatchSources.sqs(), effect: async (_, { place, traceParent }) => { seen.push([traceParent, place]); },
    });
    await handler(queueEvent(named('1', { traceParent: TRACE_PARENT }), named('2')), contextOf());
    expect(seen).toEqual([
      [TRACE_PARENT, { shardId: 'orders', sequenceNumber: '1', index: 0 }], [undefined, { shardId: 'orders', sequenceNumber: '2', index: 0 }],
    ]);
  });
});

describe('batches of Kafka', () => {
  const effect = async (content: unknown): Promise<void> => {
    if ((content as Order).name.startsWith('down')) {
      throw new Error('down');
    }
  };
  const records = [
    kafkaRecord(0, 7, { name: 'a' }), kafkaRecord(1, 3, { name: 'down' }), kafkaRecord(1, 4, { name: 'b' }), kafkaRecord(0, 8, { name: 'down' }), kafkaRecord(0, 9, { name: 'c' }),
  ];

  it.each([['Amazon MSK', mskEvent], ['brokers of our own', selfManagedEvent]])('of %s name all that is not done by partition and offset', async (_name, eventOf) => {
    const { handler } = new BatchProcessor({ source: BatchSources.kafka({ reportsFailures: true }), effect, behindFailure: 'continue' });
    expect(await handler(eventOf(...records), contextOf())).toEqual({ batchItemFailures: [
      { itemIdentifier: { partition: 'orders-0', offset: 8 } }, { itemIdentifier: { partition: 'orders-1', offset: 3 } },
    ] });
  });

  it('stop a partition at its failure, and no other', async () => {
    const { handler } = new BatchProcessor({ source: BatchSources.kafka({ reportsFailures: true }), effect, concurrency: 1 });
    expect(await handler(mskEvent(...records), contextOf())).toEqual({ batchItemFailures: [
      { itemIdentifier: { partition: 'orders-0', offset: 8 } }, { itemIdentifier: { partition: 'orders-0', offset: 9 } },
      { itemIdentifier: { partition: 'orders-1', offset: 3 } }, { itemIdentifier: { partition: 'orders-1', offset: 4 } },
    ] });
  });

  it('are thrown back where the mapping takes no report, and what is done is not done again by the same environment', async () => {
    const seen: string[] = [];
    let isDown = true;
    const metrics = new RecordedMetrics();
    const { handler } = new BatchProcessor({
      source: BatchSources.kafka(), metrics,
      effect: async (content) => {
        const { name } = content as Order;
        seen.push(name);
        if (isDown && name === 'b') {
          throw new Error('down');
        }
      },
    });
    const [first, second, third] = ['a', 'b', 'c'].map((name, offset) => kafkaRecord(0, offset, { name }));
    await expect(handler(mskEvent(first, second, third), contextOf())).rejects.toThrow(new UnfinishedBatchError(1, 3));
    expect(metrics.counts).toEqual({ RecordsDone: 2, RecordsFailed: 1, RecordsLeftForRetry: 3 });
    isDown = false;
    expect(await handler(mskEvent(first, second, third), contextOf())).toEqual({ batchItemFailures: [] });
    expect(seen).toEqual(['a', 'b', 'c', 'b']);
    // Whoever resets the offset means it.
    await handler(mskEvent(first, second, third), contextOf());
    expect(seen).toHaveLength(7);
  });

  it('carry their trace in a header, and have keys', async () => {
    const seen: unknown[] = [];
    const { handler } = new BatchProcessor({
      source: BatchSources.kafka(), effect: async (_, { partitionKey, place, traceParent }) => { seen.push([partitionKey, traceParent, place]); },
    });
    await handler(mskEvent(kafkaRecord(2, 7, {}, { key: 'customer ä', traceParent: TRACE_PARENT }), kafkaRecord(2, 8, {})), contextOf());
    expect(seen).toEqual([
      ['customer ä', TRACE_PARENT, { shardId: 'orders-2', sequenceNumber: '7', index: 0 }], [undefined, undefined, { shardId: 'orders-2', sequenceNumber: '8', index: 0 }],
    ]);
  });

  it('have nothing in a tombstone', async () => {
    const seen: unknown[] = [];
    const { handler } = new BatchProcessor({ source: BatchSources.kafka(), effect: async (content) => { seen.push(content); } });
    await handler(mskEvent(kafkaRecord(0, 1, null)), contextOf());
    expect(seen).toEqual([null]);
  });

  it('keep the order of a key, and of a key in each partition by itself', async () => {
    const seen: string[] = [];
    const { handler } = new BatchProcessor({
      source: BatchSources.kafka({ reportsFailures: true }), order: 'perKey',
      effect: async (content) => { seen.push((content as Order).name); await effect(content); },
    });
    const keyed = [['down', 0], ['k1', 0], ['k2', 1]].map(([name, partition], offset) => kafkaRecord(partition as number, offset, { name }, { key: 'k' }));
    expect(await handler(mskEvent(...keyed, kafkaRecord(0, 9, { name: 'keyless' })), contextOf())).toEqual({ batchItemFailures: [
      { itemIdentifier: { partition: 'orders-0', offset: 0 } }, { itemIdentifier: { partition: 'orders-0', offset: 1 } },
    ] });
    expect(seen.sort()).toEqual(['down', 'k2', 'keyless']);
  });
});

describe('a batch of which nothing can be done', () => {
  const given = { source: BatchSources.sqs(), clock: new ManualClock(), effect: async (): Promise<void> => { throw new Error('down'); } };
  const event = queueEvent(message('1', '{}'), message('2', '{}'));

  it('is answered record by record', async () => {
    expect(await new BatchProcessor(given).handler(event, contextOf())).toEqual({ batchItemFailures: [{ itemIdentifier: '1' }, { itemIdentifier: '2' }] });
  });

  it('is thrown where that is asked for, with all errors, but not for a lack of time', async () => {
    const { handler } = new BatchProcessor({ ...given, throwOnFullBatchFailure: true });
    const error = await handler(event, contextOf()).catch((thrown: unknown) => thrown) as FullBatchFailureError;
    expect(error).toBeInstanceOf(FullBatchFailureError);
    expect(error.recordErrors).toEqual([new Error('down'), new Error('down')]);
    expect((await handler(event, contextOf(0))).batchItemFailures).toHaveLength(2);
    expect(await handler(queueEvent(), contextOf())).toEqual({ batchItemFailures: [] });
  });
});
