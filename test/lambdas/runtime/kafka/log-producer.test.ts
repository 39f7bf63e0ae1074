import fc from 'fast-check';
import { deaggregate } from '../../../../lambdas/runtime/aggregate/kpl-aggregate';
import { LogProducer, type LogProducerOptions } from '../../../../lambdas/runtime/kafka/log-producer';
import { MemoryRecordLog } from '../../../../lambdas/runtime/kafka/memory-record-log';
import type { LogPlace, OutgoingLogRecord, RecordLogWriter } from '../../../../lambdas/runtime/kafka/record-log';
import type { Delivery } from '../../../../lambdas/runtime/producer/payment-stream';
import { RetryPolicy } from '../../../../lambdas/runtime/retry/retry';
import { ManualClock } from '../producer/manual-clock';

const clock = new ManualClock();

/** A log that does not always do what it should, and takes its time. */
class FaultyLog implements RecordLogWriter {
  public readonly log = new MemoryRecordLog({ partitions: 4, clock });
  public readonly requests: number[] = [];
  public under = 0;
  public most = 0;

  public constructor(private readonly fault: () => 'none' | 'refused' | 'lost') {}

  public async publish(records: readonly OutgoingLogRecord[]): Promise<readonly (LogPlace | Error)[]> {
    this.requests.push(records.length);
    this.most = Math.max(this.most, ++this.under);
    const fault = this.fault();
    const places = fault === 'refused' ? [] : await this.log.publish(records);
    await clock.sleep(3);
    this.under--;
    return fault === 'none' ? places : records.map(() => new Error(fault));
  }

  public async close(): Promise<void> {
    // Nothing is held.
  }

  public stored(): string[] {
    return this.log.partitions.flatMap(({ records }) => records).flatMap(({ value }) => deaggregate(Buffer.from(value!), '-'))
      .map(({ data }) => Buffer.from(data).toString());
  }
}

function producerOf(log: RecordLogWriter, others: Partial<LogProducerOptions> = {}): LogProducer {
  return new LogProducer({ log, topic: 'payments', clock, random: () => 0, ...others });
}

const never = (): 'none' => 'none';

describe('a producer of a log', () => {
  it('packs what comes within the linger time, and tells each payment where it is', async () => {
    const log = new FaultyLog(never);
    const producer = producerOf(log);
    const told: Delivery[] = [];
    const tokens: string[] = [];
    const tell = (delivery: Delivery, token: string): void => {
      told.push(delivery);
      tokens.push(token);
    };
    ['a', 'b', 'c'].forEach((text) => producer.offer(Buffer.from(text), tell, text));
    await clock.advance(4);
    expect(log.requests).toEqual([]);
    await clock.advance(10);
    expect(log.requests).toEqual([1]);
    expect(told).toEqual([0, 1, 2].map((index) => ({ kind: 'durable', position: { shardId: 'payments-0', sequenceNumber: '0', index } })));
    expect(tokens).toEqual(['a', 'b', 'c']);
    expect(log.stored()).toEqual(['a', 'b', 'c']);
  });

  it('has one request under way, which takes along what waits, over the partitions in turn', async () => {
    const log = new FaultyLog(never);
    const producer = producerOf(log, { maximumRecordPayments: 2 });
    for (let index = 0; index < 20; index++) {
      producer.offer(Buffer.from(`p${index}`), () => undefined);
    }
    await clock.advance(20);
    expect([log.requests, log.most]).toEqual([[1, 9], 1]);
    expect(log.log.partitions.map(({ records }) => records.length)).toEqual([3, 3, 2, 2]);
  });

  it('puts no more into a request than it may hold, and one record at least', async () => {
    const log = new FaultyLog(never);
    const producer = producerOf(log, { maximumRecordPayments: 1, maximumRequestBytes: 200 });
    for (let index = 0; index < 7; index++) {
      producer.offer(Buffer.alloc(index === 6 ? 500 : 60), () => undefined);
    }
    await clock.advance(50);
    expect(log.requests).toEqual([1, 2, 2, 1, 1]);
  });

  it('takes no more than it may have in hand', async () => {
    const producer = producerOf(new FaultyLog(never), { maximumPendingPayments: 2 });
    const offer = (): boolean => producer.offer(Buffer.from('x'), () => undefined);
    expect([offer(), offer(), offer(), producer.isFull]).toEqual([true, true, false, true]);
    await clock.advance(20);
    expect(offer()).toBe(true);
  });

  it('refuses a payment that fits into no record', () => {
    const producer = producerOf(new FaultyLog(never), { maximumRecordBytes: 100 });
    expect(() => producer.offer(Buffer.alloc(101), () => undefined)).toThrow('a payment of 101 bytes does not fit into a record of 100 bytes');
  });

  it('gives up when the time is over, and says so', async () => {
    const errors: string[] = [];
    const producer = producerOf(new FaultyLog(() => 'refused'), { deliveryMilliseconds: 500, onError: ({ message }) => errors.push(message) });
    const told: Delivery[] = [];
    producer.offer(Buffer.from('x'), (delivery) => told.push(delivery));
    await clock.advance(5_000);
    expect(told).toEqual([{ kind: 'unavailable', error: new Error('refused') }]);
    expect(errors.length).toBeGreaterThan(1);
  });

  it('begins no request for what waited behind another one until its time was over', async () => {
    let requests = 0;
    const log: RecordLogWriter = {
      publish: async (records) => {
        requests++;
        await clock.sleep(1_000);
        return records.map(() => ({ partition: 0, offset: 0 }));
      },
      close: async () => undefined,
    };
    const errors: string[] = [];
    const producer = producerOf(log, { deliveryMilliseconds: 500, maximumRecordPayments: 1, onError: ({ message }) => errors.push(message) });
    const told: Delivery['kind'][] = [];
    const offer = (): boolean => producer.offer(Buffer.from('x'), ({ kind }) => told.push(kind));
    offer();
    await clock.advance(100);
    offer();
    offer();
    await clock.advance(700);
    offer();
    await clock.advance(5_000);
    expect([requests, told]).toEqual([2, ['durable', 'unavailable', 'unavailable', 'durable']]);
    expect(errors).toEqual(['no request could begin within 500 ms']);
  });

  it('calls nothing durable that is not stored, leaves nothing untold at its end, and stores all that it calls durable', async () => {
    await fc.assert(fc.asyncProperty(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 20 }), fc.nat(12)), { minLength: 1, maxLength: 15 }), fc.infiniteStream(fc.nat(9)),
      async (steps, choices) => {
        const log = new FaultyLog(() => (['none', 'none', 'none', 'refused', 'lost'] as const)[choices.next().value! % 5]);
        const retry = new RetryPolicy({ clock, random: () => 0.5, maximumAttempts: 4 });
        const producer = producerOf(log, { maximumRecordPayments: 3, retry, deliveryMilliseconds: 400 });
        const taken = new Map<string, Delivery | undefined>();
        let number = 0;
        for (const [count, milliseconds] of steps) {
          for (let index = 0; index < count; index++) {
            const text = `p${number++}`;
            if (producer.offer(Buffer.from(text), (delivery) => {
              expect(taken.get(text)).toBeUndefined();
              taken.set(text, delivery);
            })) {
              taken.set(text, taken.get(text));
            }
          }
          await clock.advance(milliseconds);
        }
        let isDrained = false;
        void producer.drain().then(() => { isDrained = true; });
        expect(producer.offer(Buffer.from('late'), () => undefined)).toBe(false);
        await clock.advance(5_000);
        expect(isDrained).toBe(true);
        const stored = new Set(log.stored());
        const wrong = [...taken].filter(([text, delivery]) => delivery === undefined || (delivery.kind === 'durable' && !stored.has(text)));
        expect(wrong).toEqual([]);
        expect(log.most).toBe(1);
      },
    ), { numRuns: 100 });
  });
});
