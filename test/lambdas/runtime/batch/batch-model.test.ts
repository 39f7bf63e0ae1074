import type { MSKRecord } from 'aws-lambda';
import fc from 'fast-check';
import { PermanentError, UnfinishedBatchError } from '../../../../lambdas/runtime/batch/batch-errors';
import { BatchProcessor } from '../../../../lambdas/runtime/batch/batch-processor';
import type { AnyBatchSource } from '../../../../lambdas/runtime/batch/batch-source';
import { BatchSources } from '../../../../lambdas/runtime/batch/sources';
import { FakeParking } from '../support/fake-ports';
import { ManualClock } from '../support/manual-clock';
import { aggregate, change, contextOf, kafkaRecord, kinesisEvent, message, mskEvent, queueEvent, sequence, tableEvent } from './batch-events';

/** A record, and what happens when somebody tries it. */
interface Planned {
  readonly id: number;
  readonly key: string;
  /** What it is a repetition of, if several have the same. */
  readonly name: string;
  /** Tries that fail before one succeeds. */
  readonly failures: number;
  readonly fate: 'succeeds' | 'impossible' | 'unreadable';
  /** Times that it cannot be parked. */
  readonly parkFailures: number;
  /** What an effect takes. Those of an aggregate fit into one invocation. */
  readonly milliseconds: number;
  readonly turns: number;
}

/** Delivered records: plain ones, or several in one. */
type Delivered = readonly Planned[];

/** How a source delivers, and takes an answer. */
interface Model {
  readonly source: AnyBatchSource;
  /** Packs of several records in one delivered record. */
  readonly packs: boolean;
  readonly eventOf: (records: readonly Delivered[]) => unknown;
  /** What comes again. */
  readonly after: (records: readonly Delivered[], response: never) => readonly Delivered[];
  /** Whether the source itself promises an order of keys. */
  readonly isOrdered?: boolean;
}

const textOf = (record: Planned): string => (record.fate === 'unreadable' ? `? ${record.id}` : JSON.stringify({ id: record.id }));
const fromLowest = (records: readonly Delivered[], { batchItemFailures }: Failures): readonly Delivered[] => {
  const positions = batchItemFailures.map(({ itemIdentifier }) => records.findIndex(([{ id }]) => sequence(id) === itemIdentifier));
  expect(positions).not.toContain(-1);
  return records.slice(Math.min(records.length, ...positions));
};

type Failures = { readonly batchItemFailures: readonly { readonly itemIdentifier: string }[] };
type KafkaFailures = { readonly batchItemFailures: readonly { readonly itemIdentifier: { readonly partition: string; readonly offset: number } }[] };

/** Keys lie in two partitions. */
const kafkaOf = ({ id, key }: Planned, text: string | null): MSKRecord => kafkaRecord(key.charCodeAt(0) % 2, id, text, { key });

const MODELS: Readonly<Record<string, Model>> = {
  kinesis: {
    source: BatchSources.kinesis(),
    packs: true,
    eventOf: (records) => kinesisEvent(records.map((held) => ({
      content: held.length === 1 ? textOf(held[0]) : aggregate(...held.map(textOf)), key: held[0]?.key, sequence: sequence(held[0]?.id ?? 0),
    }))),
    after: fromLowest,
  },
  'a table stream': {
    source: BatchSources.tableStream(),
    packs: false,
    eventOf: (records) => tableEvent(...records.map(([record]) => change(sequence(record.id), record.key))),
    after: fromLowest,
  },
  'a standard queue': {
    source: BatchSources.sqs(),
    packs: false,
    eventOf: (records) => queueEvent(...records.map(([record]) => message(`m${record.id}`, textOf(record), { group: record.key }))),
    after: (records, { batchItemFailures }: Failures) => {
      const again = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
      return records.filter(([{ id }]) => again.has(`m${id}`));
    },
  },
  'a FIFO queue': {
    source: BatchSources.sqs(),
    packs: false,
    isOrdered: true,
    eventOf: (records) => queueEvent(...records.map(([record]) => message(`m${record.id}`, textOf(record), { group: record.key, queue: 'orders.fifo' }))),
    after: (records, { batchItemFailures }: Failures) => {
      const again = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
      return records.filter(([{ id }]) => again.has(`m${id}`));
    },
  },
  'Kafka that repeats what is named': {
    source: BatchSources.kafka({ reportsFailures: true }),
    packs: false,
    eventOf: (records) => mskEvent(...records.map(([record]) => kafkaOf(record, textOf(record)))),
    after: (records, { batchItemFailures }: KafkaFailures) => {
      const again = new Set(batchItemFailures.map(({ itemIdentifier: { offset, partition } }) => `${partition} ${offset}`));
      return records.filter(([record]) => again.has(`orders-${kafkaOf(record, null).partition} ${record.id}`));
    },
  },
  'Kafka that repeats from the lowest on': {
    source: BatchSources.kafka({ reportsFailures: true }),
    packs: false,
    eventOf: (records) => mskEvent(...records.map(([record]) => kafkaOf(record, textOf(record)))),
    after: (records, { batchItemFailures }: KafkaFailures) => records.filter(([record]) => batchItemFailures
      .some(({ itemIdentifier: { offset, partition } }) => partition === `orders-${kafkaOf(record, null).partition}` && offset <= record.id)),
  },
  'Kafka without reports': {
    source: BatchSources.kafka(),
    packs: false,
    eventOf: (records) => mskEvent(...records.map(([record]) => kafkaOf(record, textOf(record)))),
    after: () => [],
  },
};

const planned = fc.record({
  key: fc.constantFrom('a', 'b', 'c'),
  name: fc.constantFrom('x', 'y', 'z', 'unique', 'unique', 'unique'),
  failures: fc.constantFrom(0, 0, 0, 1, 2),
  fate: fc.constantFrom('succeeds' as const, 'succeeds' as const, 'succeeds' as const, 'impossible' as const, 'unreadable' as const),
  parkFailures: fc.constantFrom(0, 0, 1),
  milliseconds: fc.constantFrom(0, 1, 8_000),
  turns: fc.integer({ min: 0, max: 3 }),
});

const settings = fc.record({
  order: fc.constantFrom('none' as const, 'perKey' as const),
  bulkSize: fc.constantFrom(undefined, 1, 3, 100),
  isBulk: fc.boolean(),
  concurrency: fc.integer({ min: 1, max: 4 }),
  behindFailure: fc.constantFrom(undefined, 'stop' as const, 'continue' as const),
  dedupes: fc.boolean(),
  packs: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 12, maxLength: 12 }),
});

describe.each(Object.entries(MODELS))('batches of %s', (_name, model) => {
  it('are acknowledged exactly as far as they are done, have every effect in the end, and keep the order they are asked for', async () => {
    await fc.assert(fc.asyncProperty(fc.array(planned, { maxLength: 12 }), settings, async (plans, setting) => {
      const { isBulk, bulkSize, dedupes, packs, ...given } = setting;
      // What has the same name is the same, and has the same fate.
      const all = plans.map((plan, id): Planned => (plan.name === 'unique'
        ? { ...plan, id, name: `unique ${id}` }
        : { ...plan, id, fate: plans.find(({ name }) => name === plan.name)!.fate }));
      const isTable = model.source.service.includes('DynamoDB');
      const clock = new ManualClock();
      const parking = new FakeParking();
      const tries = new Map<number, number>();
      const parkTries = new Map<number, number>();
      const effects: Planned[] = [];
      const parked = new Set<number>();
      const inDelivery = new Map<string, number>();
      const lanesUnderWay = new Set<string>();
      const isOrdered = model.isOrdered === true || given.order === 'perKey';
      // What has an effect may be a twin of it.
      const isDone = (record: Planned): boolean => parked.has(record.id) || effects.some(({ id }) => id === record.id)
        || (dedupes && all.some((twin) => twin.name === record.name && (parked.has(twin.id) || effects.some(({ id }) => id === twin.id))));

      const attempt = async (record: Planned): Promise<Error | undefined> => {
        expect(isOrdered && lanesUnderWay.has(record.key)).toBe(false);
        lanesUnderWay.add(record.key);
        for (let turn = 0; turn < record.turns; turn++) {
          await Promise.resolve();
        }
        clock.time += record.milliseconds;
        lanesUnderWay.delete(record.key);
        const made = tries.get(record.id) ?? 0;
        tries.set(record.id, made + 1);
        if (made < record.failures) {
          return new Error('down');
        }
        if (record.fate === 'impossible') {
          return new PermanentError('impossible');
        }
        if (isOrdered) {
          expect(record.id).toBeGreaterThan(inDelivery.get(record.key) ?? -1);
          inDelivery.set(record.key, record.id);
        }
        effects.push(record);
        return undefined;
      };
      const read = (payload: unknown): Planned => {
        const id = isTable
          ? Number((payload as { dynamodb: { SequenceNumber: string } }).dynamodb.SequenceNumber.slice(-4))
          : (JSON.parse(Buffer.from(payload as string).toString()) as { id: number }).id;
        if (isTable && all[id].fate === 'unreadable') {
          throw new Error('unreadable');
        }
        return all[id];
      };
      parking.fails = ({ payload, source: { sequenceNumber } }) => {
        const id = isTable ? Number(sequenceNumber.slice(-4)) : Number(/\d+/.exec(Buffer.from(payload).toString())![0]);
        const made = parkTries.get(id) ?? 0;
        parkTries.set(id, made + 1);
        if (made >= all[id].parkFailures) {
          parked.add(id);
          return false;
        }
        return true;
      };
      const common = {
        source: model.source, decode: read, clock, ...given, ...(dedupes ? { dedupeBy: ({ name }: Planned) => name } : undefined),
        // An aggregate has keys of its own.
        orderBy: ({ key }: Planned) => key,
        park: { parking, schema: 'test' },
      };
      const { handler } = isBulk
        ? new BatchProcessor<AnyBatchSource, Planned>({ ...common, bulkSize, bulkEffect: async (items) => {
          const keys = items.map(({ content: { key } }) => key);
          expect(isOrdered && new Set(keys).size < keys.length).toBe(false);
          return Promise.all(items.map(({ content }) => attempt(content)));
        } })
        : new BatchProcessor<AnyBatchSource, Planned>({ ...common, effect: async (content) => {
          const error = await attempt(content);
          if (error !== undefined) {
            throw error;
          }
        } });

      let left: readonly Delivered[] = [];
      for (let position = 0, pack = 0; position < all.length; pack++) {
        const size = model.packs ? packs[pack % packs.length] : 1;
        left = [...left, all.slice(position, position + size)];
        position += size;
      }
      for (let round = 0; left.length > 0; round++) {
        if (round > 100) {
          throw new Error('it never ends');
        }
        inDelivery.clear();
        const delivered = left;
        try {
          left = model.after(delivered, await handler(model.eventOf(delivered), contextOf(30_000)) as never);
        } catch (error) {
          expect(error).toBeInstanceOf(UnfinishedBatchError);
        }
        const acknowledged = delivered.filter((record) => !left.includes(record)).flat();
        expect(acknowledged.filter((record) => !isDone(record)).map(({ id }) => id)).toEqual([]);
      }
      expect(all.filter((record) => !isDone(record))).toEqual([]);
      if (isOrdered) {
        // The first time, a record has its effect after all of its key that were ahead of it had theirs, or one of them its twin.
        const own = all.map(({ id }) => effects.findIndex((effect) => effect.id === id));
        const shared = all.map(({ id, key, name }) => effects
          .findIndex((effect) => effect.id === id || (dedupes && effect.key === key && effect.name === name)));
        for (const later of all.filter(({ id }) => own[id] >= 0)) {
          const early = all.filter(({ fate, id, key }) => fate === 'succeeds' && key === later.key && id < later.id && shared[id] > own[later.id]);
          expect(early.map(({ id }) => id)).toEqual([]);
        }
      }
    }), { numRuns: 60 });
  });
});
