import { z } from 'zod';
import { AwsServiceError } from '../../../../lambdas/runtime/aws/errors';
import { PermanentError, TransientError } from '../../../../lambdas/runtime/batch/batch-errors';
import type { BatchSummary } from '../../../../lambdas/runtime/batch/batch-options';
import { BatchProcessor } from '../../../../lambdas/runtime/batch/batch-processor';
import type { StandardSchema } from '../../../../lambdas/runtime/batch/standard-schema';
import { BatchSources } from '../../../../lambdas/runtime/batch/sources';
import { ConsumerSpans } from '../../../../lambdas/runtime/observability/consumer-spans';
import type { Span, SpanExporter } from '../../../../lambdas/runtime/observability/spans';
import { FakeParking } from '../support/fake-ports';
import { ManualClock } from '../support/manual-clock';
import { RecordedMetrics, recordedLogger } from '../support/silent';
import { contextOf, kinesisEvent, message, queueEvent, sequence } from './batch-events';

const TRACE_PARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

const event = (...contents: (object | string)[]) => kinesisEvent(contents.map((content) => ({ content })));
const failedFrom = (position: number) => ({ batchItemFailures: [{ itemIdentifier: sequence(position) }] });
const ALL_DONE = { batchItemFailures: [] };

function setUp() {
  const clock = new ManualClock();
  const parking = new FakeParking();
  const metrics = new RecordedMetrics();
  const { lines, logger } = recordedLogger();
  const seen: unknown[] = [];
  const effect = async (content: unknown): Promise<void> => { seen.push(content); };
  const common = { source: BatchSources.kinesis(), clock, metrics, logger, park: { parking, schema: 'order.v1.json' } };
  return { clock, common, effect, lines, metrics, parking, seen };
}

describe('what is read', () => {
  it('is JSON where nothing else is said, and what is none is parked as it came, without a word of it in the reason', async () => {
    const { common, effect, clock, lines, parking, seen } = setUp();
    const { handler } = new BatchProcessor({ ...common, effect });
    expect(await handler(event({ a: 1 }, 'card 4111111111111111', { b: 2 }), contextOf())).toEqual(ALL_DONE);
    expect(seen).toEqual([{ a: 1 }, { b: 2 }]);
    expect(parking.entries).toEqual([{
      reason: 'decode failed with SyntaxError', schema: 'order.v1.json', payload: Buffer.from('card 4111111111111111'), parkedAt: clock.time,
      source: { shardId: 'shardId-000000000006', sequenceNumber: sequence(1), index: 0 },
    }]);
    expect(lines.join()).not.toContain('4111');
  });

  it('is what a decoder makes of it, also a slow one, in the order of the batch', async () => {
    const { common, effect, seen } = setUp();
    const decode = async (bytes: Uint8Array): Promise<number> => {
      const value = bytes[0];
      for (let turn = 20; turn > value; turn--) {
        await Promise.resolve();
      }
      return value;
    };
    const given = event(...Array.from({ length: 20 }, (_, value) => String.fromCharCode(value)));
    await new BatchProcessor({ ...common, decode, effect, concurrency: 1 }).handler(given, contextOf());
    expect(seen).toEqual(Array.from({ length: 20 }, (_, value) => value));
  });

  it('is parked with the reason that a decoder or check gives', async () => {
    const { common, effect, parking } = setUp();
    const validate = ({ a }: { a: number }): number => {
      if (a < 0) {
        throw new PermanentError('a is below zero');
      }
      return a;
    };
    const decode = (bytes: Uint8Array): { a: number } => JSON.parse(Buffer.from(bytes).toString()) as { a: number };
    await new BatchProcessor({ ...common, decode, validate, effect }).handler(event({ a: -1 }), contextOf());
    expect(parking.entries.map(({ reason }) => reason)).toEqual(['a is below zero']);
  });

  it.each([
    ['a decoder whose service is slow', new TransientError('no key yet')], ['a throttle', new AwsServiceError('ThrottlingException', 400, 'slow down')],
  ])('comes again after %s', async (_name, error) => {
    const { common, effect, parking, seen } = setUp();
    const decode = (bytes: Uint8Array): string => {
      if (bytes[0] === 'x'.charCodeAt(0)) {
        throw error;
      }
      return 'read';
    };
    expect(await new BatchProcessor({ ...common, decode, effect }).handler(event('a', 'x'), contextOf())).toEqual(failedFrom(1));
    expect([seen, parking.entries]).toEqual([['read'], []]);
  });

  it('is what a schema of Zod makes of it', async () => {
    const { common, parking } = setUp();
    const seen: string[] = [];
    const Order = z.object({ id: z.string(), items: z.array(z.object({ price: z.number().int() })), at: z.coerce.date().optional() });
    const { handler } = new BatchProcessor({ ...common, validate: Order, effect: async ({ id, items }) => { seen.push(`${id}: ${items[0].price.toFixed(2)}`); } });
    await handler(event({ id: 'a', items: [{ price: 1 }], more: 2 }, { items: [{ price: '4111111111111111' }] }, 'null'), contextOf());
    expect(seen).toEqual(['a: 1.00']);
    expect(parking.entries.map(({ reason }) => reason)).toEqual(['the schema does not take id, items.0.price', 'the schema does not take the record']);
  });

  it('is never told by its keys, which may be values, or at length', async () => {
    const { common, effect, parking } = setUp();
    await new BatchProcessor({ ...common, validate: z.record(z.string(), z.number()), effect }).handler(event({ 'a@example.com': 'x' }, { a: '', b: '', c: '', d: '', e: '', f: '' }), contextOf());
    expect(parking.entries.map(({ reason }) => reason)).toEqual(['the schema does not take ?', 'the schema does not take a, b, c, d, e and 1 more']);
  });

  it('is what a schema of anybody says, later if need be', async () => {
    const { common, effect, seen } = setUp();
    const schema: StandardSchema<string> = { '~standard': { version: 1, vendor: 'test', validate: async (value) => ({ value: `checked ${String(value)}` }) } };
    await new BatchProcessor({ ...common, validate: schema, effect }).handler(event('1', '2'), contextOf());
    expect(seen).toEqual(['checked 1', 'checked 2']);
  });

  it('is parked where its key cannot be told', async () => {
    const { common, effect, parking } = setUp();
    const orderBy = (content: unknown): string => (content as { key: string }).key.toLowerCase();
    expect(await new BatchProcessor({ ...common, order: 'perKey', orderBy, effect }).handler(event({ key: 'A' }, {}), contextOf())).toEqual(ALL_DONE);
    expect(parking.entries.map(({ reason }) => reason)).toEqual(['orderBy or dedupeBy failed with TypeError']);
  });
});

describe('what comes twice', () => {
  const dedupeBy = (content: unknown): string | undefined => (content as { id?: string }).id;

  it('has one effect, and shares what becomes of it', async () => {
    const { common, effect, metrics, seen } = setUp();
    const { handler } = new BatchProcessor({ ...common, dedupeBy, effect });
    expect(await handler(event({ id: 'a' }, { id: 'b' }, { id: 'a' }, {}, {}), contextOf())).toEqual(ALL_DONE);
    expect(seen).toEqual([{ id: 'a' }, { id: 'b' }, {}, {}]);
    expect(metrics.counts).toEqual({ RecordsDone: 4, RecordsRepeated: 1 });
  });

  it('comes again together', async () => {
    const { handler } = new BatchProcessor({ source: BatchSources.sqs(), dedupeBy, effect: async () => { throw new Error('down'); } });
    const bodies = ['a', 'b', 'a'].map((id, index) => message(`m${index}`, JSON.stringify({ id })));
    expect((await handler(queueEvent(...bodies), contextOf())).batchItemFailures).toHaveLength(3);
  });

  it('is not the same for records of different keys, where those have an order', async () => {
    const { common, effect, seen } = setUp();
    const records = [{ key: 'k', content: { id: 'a' } }, { key: 'l', content: { id: 'a' } }, { key: 'k', content: { id: 'a' } }];
    await new BatchProcessor({ ...common, dedupeBy, order: 'perKey', effect }).handler(kinesisEvent(records), contextOf());
    expect(seen).toHaveLength(2);
  });
});

describe('an effect', () => {
  it('has so many others beside it, and no more', async () => {
    const { common } = setUp();
    let busy = 0;
    let most = 0;
    const effect = async (): Promise<void> => {
      most = Math.max(most, ++busy);
      await new Promise((resolve) => { setImmediate(resolve); });
      busy--;
    };
    await new BatchProcessor({ ...common, effect, concurrency: 3 }).handler(event(...Array.from({ length: 10 }, () => '1')), contextOf());
    expect(most).toBe(3);
  });

  it('has its record again when it throws, whatever that is', async () => {
    const { common, lines } = setUp();
    const { handler } = new BatchProcessor({ ...common, effect: async () => { throw 'down'; }, failureMessage: 'an order could not be stored' });
    expect(await handler(event('1'), contextOf())).toEqual(failedFrom(0));
    expect(lines.join()).toContain('an order could not be stored');
  });

  it('parks what can never succeed, in the form that is asked for, and goes on', async () => {
    const { common, metrics, parking } = setUp();
    const { handler } = new BatchProcessor({
      ...common,
      validate: z.object({ shop: z.string(), id: z.string() }),
      effect: async ({ id }) => {
        if (id === '2') {
          throw new PermanentError('the shop is closed');
        }
      },
      park: { parking, schema: 'order.v1.json', form: ({ id, shop }) => ({ merchantId: shop, idempotencyKey: id, payload: Buffer.from(id), schema: 'order.v2' }) },
    });
    expect(await handler(event(...['1', '2', '3'].map((id) => ({ id, shop: 's' }))), contextOf())).toEqual(ALL_DONE);
    expect(parking.entries).toMatchObject([{ merchantId: 's', idempotencyKey: '2', reason: 'the shop is closed', schema: 'order.v2', payload: Buffer.from('2') }]);
    expect(metrics.counts).toEqual({ RecordsDone: 2, RecordsParked: 1 });
  });

  it('has a record again that could not be parked', async () => {
    const { common, metrics, parking } = setUp();
    parking.fails = () => true;
    expect(await new BatchProcessor({ ...common, effect: async () => { throw new PermanentError('never'); } }).handler(event('1', '2'), contextOf())).toEqual(failedFrom(0));
    expect(metrics.counts).toMatchObject({ RecordsLeftForRetry: 2 });
    expect(metrics.counts.RecordsParked).toBeUndefined();
  });

  it('leaves what can never succeed to the dead letters of the source, where nothing parks it', async () => {
    const { effect } = setUp();
    const { handler } = new BatchProcessor({ source: BatchSources.sqs(), effect });
    expect(await handler(queueEvent(message('1', '{'), message('2', '{}')), contextOf())).toEqual({ batchItemFailures: [{ itemIdentifier: '1' }] });
  });
});

describe('a bulk effect', () => {
  it('has all of a batch at once, or so many', async () => {
    const { common } = setUp();
    const sizes: number[] = [];
    const bulkEffect = async (items: readonly unknown[]) => { sizes.push(items.length); return items.map(() => undefined); };
    const five = event('1', '2', '3', '4', '5');
    await new BatchProcessor({ ...common, bulkEffect }).handler(five, contextOf());
    await new BatchProcessor({ ...common, bulkEffect, bulkSize: 2 }).handler(five, contextOf());
    await new BatchProcessor({ ...common, bulkEffect }).handler(event('no JSON'), contextOf());
    expect(sizes).toEqual([5, 2, 2, 1]);
  });

  it('says of each record what becomes of it', async () => {
    const { common, metrics, parking } = setUp();
    const { handler } = new BatchProcessor({ ...common, bulkEffect: async (items) => items.map(({ content }) => (
      content === 2 ? new PermanentError('never') : content === 4 ? new Error('down') : undefined
    )) });
    expect(await handler(event('1', '2', '3', '4', '5', 'no JSON'), contextOf())).toEqual(failedFrom(3));
    expect(parking.entries.map(({ reason }) => reason)).toEqual(['never']);
    expect(metrics.counts).toEqual({ RecordsDone: 3, RecordsParked: 1, RecordsFailed: 1, RecordsLeftForRetry: 3 });
  });

  it('parks nothing behind what comes again', async () => {
    const { common, parking } = setUp();
    const { handler } = new BatchProcessor({ ...common, bulkEffect: async () => [new Error('down'), new PermanentError('never')] });
    expect(await handler(event('1', '2', 'no JSON'), contextOf())).toEqual(failedFrom(0));
    expect(parking.entries).toEqual([]);
  });

  it.each([
    ['throws', async () => { throw new PermanentError('what of them?'); }], ['answers too few outcomes', async () => [undefined]], ['answers too many', async () => [1, 2, 3].map(() => undefined)],
  ])('has all records again when it %s', async (_name, bulkEffect) => {
    const { common, parking } = setUp();
    expect(await new BatchProcessor({ ...common, bulkEffect }).handler(event('1', '2'), contextOf())).toEqual(failedFrom(0));
    expect(parking.entries).toEqual([]);
  });
});

describe('the time of an invocation', () => {
  it('is used up to the reserve, and what is left comes again', async () => {
    const { clock, common, metrics } = setUp();
    const effect = async (): Promise<void> => { clock.time += 1_000; };
    const { handler } = new BatchProcessor({ ...common, effect, concurrency: 1, reserveMilliseconds: 2_000 });
    expect(await handler(event(...Array.from({ length: 10 }, () => '1')), contextOf(9_000))).toEqual(failedFrom(7));
    expect(metrics.counts).toEqual({ RecordsDone: 7, RecordsLeftForRetry: 3 });
  });

  it('is not begun to be used by what would outlive it', async () => {
    const { clock, common } = setUp();
    const effect = async (): Promise<void> => { clock.time += 1_000; };
    const { handler } = new BatchProcessor({ ...common, effect, concurrency: 1, reserveMilliseconds: 2_000, effectMilliseconds: 3_000 });
    expect(await handler(event(...Array.from({ length: 10 }, () => '1')), contextOf(9_000))).toEqual(failedFrom(5));
  });

  it('ends between two bulks', async () => {
    const { clock, common } = setUp();
    const bulkEffect = async (items: readonly unknown[]) => { clock.time += 4_000; return items.map(() => undefined); };
    const { handler } = new BatchProcessor({ ...common, bulkEffect, bulkSize: 2, reserveMilliseconds: 2_000 });
    expect(await handler(event('1', '2', '3', '4', '5'), contextOf(9_000))).toEqual(failedFrom(4));
  });

  it('is told to effects', async () => {
    const { clock, common } = setUp();
    const deadlines: number[] = [];
    await new BatchProcessor({ ...common, effect: async (_content, _record, { deadline }) => { deadlines.push(deadline); } }).handler(event('1'), contextOf(60_000));
    expect(deadlines).toEqual([clock.time + 55_000]);
  });

  it('is not lost to an effect that never ends: the rest is answered, and what comes of it later is left alone', async () => {
    const { common, metrics, parking } = setUp();
    let ring: (() => void) | undefined;
    const waits: number[] = [];
    let end: (() => void) | undefined;
    let signal: AbortSignal | undefined;
    const hooks = { onDone: jest.fn(), onParked: jest.fn() };
    const { handler } = new BatchProcessor({
      ...common, hooks, timers: { after: (milliseconds, run) => { waits.push(milliseconds); ring = run; return () => undefined; } },
      effect: async (content, _record, context) => {
        if (content === 2) {
          signal = context.signal;
          await new Promise<void>((resolve) => { end = resolve; });
          throw new PermanentError('late');
        }
      },
    });
    const answer = handler(event('1', '2', '3'), contextOf(60_000));
    await new Promise((resolve) => { setImmediate(resolve); });
    expect(signal!.aborted).toBe(false);
    ring!();
    expect(await answer).toEqual(failedFrom(1));
    expect(signal!.aborted).toBe(true);
    // Half of the reserve is left for the answer.
    expect(waits).toEqual([57_500]);
    end!();
    await new Promise((resolve) => { setImmediate(resolve); });
    expect(parking.entries).toEqual([]);
    expect(hooks.onDone).toHaveBeenCalledTimes(2);
    expect(metrics.counts).toEqual({ RecordsDone: 2, RecordsLeftForRetry: 2 });
  });

  it('does not keep what is first in a batch from being parked', async () => {
    const { clock, common, parking } = setUp();
    const effect = async (): Promise<void> => { clock.time += 60_000; };
    expect(await new BatchProcessor({ ...common, effect, concurrency: 1 }).handler(event('no JSON', '1', 'no JSON', '2'), contextOf())).toEqual(failedFrom(3));
    expect(parking.entries).toHaveLength(2);
  });
});

describe('what is told', () => {
  it('is counted and published once a batch, also when it fails', async () => {
    const { common, effect, metrics } = setUp();
    const { handler } = new BatchProcessor({ ...common, effect });
    await handler(event('1', '2'), contextOf());
    expect([metrics.counts, metrics.flushes]).toEqual([{ RecordsDone: 2 }, 1]);
    await handler({ Records: [{}] } as never, contextOf()).catch(() => undefined);
    expect(metrics.flushes).toBe(2);
  });

  it('is told to hooks, whose errors change nothing', async () => {
    const { common, lines } = setUp();
    const told: unknown[] = [];
    const { handler } = new BatchProcessor({
      ...common,
      effect: async (content) => {
        if (content === 2) {
          throw new PermanentError('never');
        } else if (content === 3) {
          throw new Error('down');
        }
      },
      hooks: {
        onDone: (content, { position }) => { told.push(['done', content, position]); throw new Error('hook'); },
        onParked: (reason, { position }) => { told.push(['parked', reason, position]); },
        onFailed: (error, { position }) => { told.push(['failed', (error as Error).message, position]); },
        onEnd: (summary) => { told.push(summary); },
      },
    });
    expect(await handler(event('1', '2', '3'), contextOf())).toEqual(failedFrom(2));
    const summary: BatchSummary = { records: 3, done: 1, repeated: 0, parked: 1, failed: 1, left: 1, milliseconds: 0 };
    expect(told).toHaveLength(4);
    expect(told).toEqual(expect.arrayContaining([['done', 1, 0], ['parked', 'never', 1], ['failed', 'down', 2], summary]));
    expect(lines.join()).toContain('a hook of the batch processor failed');
  });

  it('ends the traces that come with records, from beside them or from within', async () => {
    const { clock, parking } = setUp();
    const spans: Span[] = [];
    let flushes = 0;
    const exporter = { record: (span: Span) => { spans.push(span); }, flush: async () => { flushes++; } } as unknown as SpanExporter;
    const common = {
      clock, spans: new ConsumerSpans({ exporter }), park: { parking, schema: 's' },
      effect: async (content: unknown) => {
        clock.time += 5;
        if (content === 2) {
          throw new PermanentError('never');
        } else if (content === 3) {
          throw new RangeError('4111');
        }
      },
    };
    const traced = (id: string) => message(id, id, { traceParent: TRACE_PARENT });
    await new BatchProcessor({ ...common, source: BatchSources.sqs(), concurrency: 1 }).handler(queueEvent(traced('1'), traced('2'), traced('3'), message('4', '4')), contextOf());
    await new BatchProcessor({
      ...common, source: BatchSources.kinesis(), spanName: 'ship', traceParent: (content) => (content as { trace: string }).trace,
    }).handler(event({ trace: TRACE_PARENT }), contextOf());
    const common1 = { kind: 'consumer', traceId: '4bf92f3577b34da6a3ce929d0e0e4736', parentSpanId: '00f067aa0ba902b7' };
    expect(spans).toEqual([
      expect.objectContaining({ ...common1, name: 'process', attributes: { outcome: 'done' }, startMilliseconds: 1_700_000_000_000, endMilliseconds: 1_700_000_000_005 }),
      expect.objectContaining({ ...common1, name: 'process', attributes: { outcome: 'parked' }, error: 'never' }),
      expect.objectContaining({ ...common1, name: 'process', attributes: { outcome: 'failed' }, error: 'RangeError' }),
      expect.objectContaining({ ...common1, name: 'ship', attributes: { outcome: 'done' } }),
    ]);
    expect(flushes).toBe(2);
  });
});

describe('the options', () => {
  const source = BatchSources.sqs();
  const effect = async (): Promise<void> => undefined;

  it('name what is wrong with them', () => {
    expect(() => new BatchProcessor({ source, effect, concurrency: 0 })).toThrow('`concurrency` must be a whole number between 1 and 9007199254740991, got: 0');
    expect(() => new BatchProcessor({ source, effect, reserveMilliseconds: -1 })).toThrow('`reserveMilliseconds` must be');
    expect(() => new BatchProcessor({ source, effect, effectMilliseconds: 0.5 })).toThrow('`effectMilliseconds` must be');
    expect(() => new BatchProcessor({ source, bulkEffect: async () => [], bulkSize: 0 })).toThrow('`bulkSize` must be');
    expect(() => new BatchProcessor({ source } as never)).toThrow('one of `effect` and `bulkEffect` must be given, got: none');
    expect(() => new BatchProcessor({ source, effect, bulkEffect: effect } as never)).toThrow('got: both');
  });
});
