import type { KinesisStreamEvent } from 'aws-lambda';
import fc from 'fast-check';
import { createPaymentWorkerHandler, type PaymentWorkerHandler } from '../../../lambdas/payment-worker/handler';
import { AggregateBuilder } from '../../../lambdas/runtime/aggregate/kpl-aggregate';
import { SettlementSpans } from '../../../lambdas/runtime/observability/settlement-spans';
import { SpanExporter } from '../../../lambdas/runtime/observability/spans';
import { drawnKey, type StreamRecord } from '../../../lambdas/runtime/payment/movement';
import { encodePaymentRecord } from '../../../lambdas/runtime/payment/payment-codec';
import { FakeDecodedEvents, FakeLedger, FakeParking, FakeRefundQueue } from '../runtime/support/fake-ports';
import { ManualClock } from '../runtime/support/manual-clock';
import { hold, holdEnd, payment, refund } from '../runtime/support/payments';
import { RecordedMetrics, recordedLogger } from '../runtime/support/silent';

const UNAVAILABLE = { kind: 'unavailable', error: new Error('down') } as const;

describe('payment worker', () => {
  let ledger: FakeLedger;
  let parking: FakeParking;
  let refundQueue: FakeRefundQueue;
  let metrics: RecordedMetrics;
  let clock: ManualClock;
  let lines: string[];
  let handler: PaymentWorkerHandler;

  beforeEach(() => {
    ledger = new FakeLedger();
    parking = new FakeParking();
    refundQueue = new FakeRefundQueue();
    metrics = new RecordedMetrics();
    clock = new ManualClock();
    const recorded = recordedLogger();
    lines = recorded.lines;
    handler = createPaymentWorkerHandler({ ledger, parking, refundQueue, metrics, clock, logger: recorded.logger });
  });

  /** One stream record for each list: plain for one payment, aggregated for several; bytes as they are. */
  function event(...contents: (readonly StreamRecord[] | Uint8Array)[]): KinesisStreamEvent {
    return {
      Records: contents.map((content, index) => ({
        awsRegion: 'eu-west-1', eventName: 'aws:kinesis:record', eventSource: 'aws:kinesis', eventVersion: '1.0', invokeIdentityArn: 'arn',
        eventSourceARN: 'arn:aws:kinesis:eu-west-1:111122223333:stream/payments',
        eventID: `shardId-000000000002:${sequence(index)}`,
        kinesis: {
          kinesisSchemaVersion: '1.0', partitionKey: 'p', sequenceNumber: sequence(index), approximateArrivalTimestamp: 1,
          data: Buffer.from(content instanceof Uint8Array ? content : pack(content)).toString('base64'),
        },
      })),
    };
  }

  function pack(payments: readonly StreamRecord[]): Uint8Array {
    if (payments.length === 1) {
      return encodePaymentRecord(payments[0]);
    }
    const builder = new AggregateBuilder(1_000_000);
    payments.forEach((each) => builder.tryAdd('p', encodePaymentRecord(each)));
    return builder.build();
  }

  function sequence(index: number): string {
    return `4959033827149025660855969253836157109592157598913658889${index}`;
  }

  it('ends the traces that come with records, and sends them behind the next batch', async () => {
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
    const traceParent = `00-${trace}-00f067aa0ba902b7-01`;
    const bodies: string[] = [];
    const spans = new SettlementSpans({ exporter: new SpanExporter({
      serviceName: 'worker', transport: async (body) => { bodies.push(body); }, lingerMilliseconds: 60_000,
    }) });
    const tracing = createPaymentWorkerHandler({ ledger, parking, refundQueue, metrics, clock, logger: recordedLogger().logger, spans });
    const context = { getRemainingTimeInMillis: () => 10_000 };
    await tracing(event([payment('m', 'a', { traceParent }), payment('m', 'b')], [hold('m', 'h', { traceParent })]), context);
    expect(bodies).toEqual([]);
    await tracing(event([payment('m', 'c')]), context);
    await new Promise((resolve) => { setImmediate(resolve); });
    const told = JSON.parse(bodies[0]).resourceSpans[0].scopeSpans[0].spans as { traceId: string; parentSpanId: string; attributes: unknown }[];
    expect(told.map(({ parentSpanId, traceId }) => [traceId, parentSpanId])).toEqual([[trace, '00f067aa0ba902b7'], [trace, '00f067aa0ba902b7']]);
    expect(JSON.stringify(told.map(({ attributes }) => attributes))).toContain('"key":"outcome","value":{"stringValue":"applied"}');
    expect(bodies[0]).not.toMatch(/"m"|"a"|"h"/);
  });

  async function failures(given: KinesisStreamEvent, remaining = 60_000): Promise<string[]> {
    const { batchItemFailures } = await handler(given, { getRemainingTimeInMillis: () => remaining });
    return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
  }

  it('settles all payments of plain and aggregated records in one go', async () => {
    expect(await failures(event([payment('m', 'a')], [payment('m', 'b'), payment('m', 'c'), payment('m', 'a')]))).toEqual([]);
    expect(ledger.batches).toEqual([4]);
    expect(ledger.model.balance('m', 'EUR').available).toBe(300n);
    expect(metrics.counts).toEqual({ PaymentsApplied: 3, PaymentsDuplicate: 1 });
    expect(metrics.flushes).toBe(1);
    expect(metrics.values.SettleLatency).toHaveLength(4);
    expect(lines).toEqual([]);
  });

  it('takes an empty batch', async () => {
    expect(await failures(event())).toEqual([]);
  });

  it('has the payments of a batch before its refunds', async () => {
    expect(await failures(event([refund('m', 'r', 'k')], [payment('m', 'k')]))).toEqual([]);
    expect(ledger.asked).toEqual(['k', 'r']);
    expect(ledger.model.balance('m', 'EUR').available).toBe(0n);
    expect(refundQueue.messages).toEqual([]);
  });

  it('takes refunds of one payment in their order, one after the other, and others at the same time', async () => {
    let busy = 0;
    let most = 0;
    const busyOf = new Map<string, number>();
    ledger.during = async (draw) => {
      const key = drawnKey(draw) as string;
      busyOf.set(key, (busyOf.get(key) ?? 0) + 1);
      expect(busyOf.get(key)).toBe(1);
      most = Math.max(most, ++busy);
      await new Promise((resolve) => { setTimeout(resolve, 1); });
      busy--;
      busyOf.set(key, 0);
    };
    const payments = ['k1', 'k2', 'k3'].map((key) => payment('m', key));
    const refunds = Array.from({ length: 9 }, (_, index) => refund('m', `r${index}`, `k${1 + index % 3}`, { amount: 40 }));
    expect(await failures(event(payments, refunds))).toEqual([]);
    expect(most).toBe(3);
    // Of each payment the first two fit, the third does not.
    expect(metrics.counts).toMatchObject({ PaymentsApplied: 9, RefundsRejected: 3 });
    expect(await ledger.find('m', 'r6')).toMatchObject({ status: 'rejected' });
  });

  it('sends refunds whose payment is not there to the queue, with the time of now', async () => {
    expect(await failures(event([refund('m', 'r', 'k')]))).toEqual([]);
    expect(refundQueue.messages).toEqual([{ record: refund('m', 'r', 'k'), firstSeenAt: clock.time }]);
    expect(metrics.counts).toEqual({ RefundsWaiting: 1 });
  });

  it('has the holds of a batch after its payments and before what ends them, each once', async () => {
    const released = holdEnd('m', 'e1', 'h', { amount: 30 });
    const settled = holdEnd('m', 'e2', 'h', { amount: 60, type: 'settle', reason: 'payout' });
    const given = event([released, settled], [hold('m', 'h'), holdEnd('m', 'e3', 'h', { amount: 11 })], [payment('m', 'k', { amount: 500 })]);
    expect(await failures(given)).toEqual([]);
    expect(ledger.asked).toEqual(['k', 'h', 'e1', 'e2', 'e3']);
    expect(ledger.model.balance('m', 'EUR')).toEqual({ available: 430n, held: 10n });
    expect(metrics.counts).toEqual({ PaymentsApplied: 1, MovementsApplied: 3, MovementsRejected: 1 });
    expect(await failures(given)).toEqual([]);
    expect(ledger.model.balance('m', 'EUR')).toEqual({ available: 430n, held: 10n });
    expect(metrics.counts).toMatchObject({ PaymentsDuplicate: 1, MovementsDuplicate: 3, MovementsRejected: 2 });
  });

  it('sends ends of holds that are not there to the queue, and counts them apart', async () => {
    const settle = holdEnd('m', 'e', 'h', { type: 'settle' });
    expect(await failures(event([settle], [refund('m', 'r', 'k')]))).toEqual([]);
    expect(refundQueue.messages).toEqual([{ record: settle, firstSeenAt: clock.time }, { record: refund('m', 'r', 'k'), firstSeenAt: clock.time }]);
    expect(metrics.counts).toEqual({ RefundsWaiting: 1, MovementsWaiting: 1 });
  });

  it('parks movements that can never be stored, by merchant and key', async () => {
    ledger.spoil = ({ idempotencyKey }) => (idempotencyKey === 'h' ? { kind: 'impossible', reason: 'too large' } : undefined);
    expect(await failures(event([hold('m', 'h')], [holdEnd('m', 'e', 'x'.repeat(65))]))).toEqual([]);
    expect(parking.entries).toMatchObject([
      { idempotencyKey: 'h', reason: 'too large' }, { idempotencyKey: 'e', reason: 'hold_of is not a text of 1 to 64 characters' },
    ]);
  });

  describe('with a stream of decoded events', () => {
    let events: FakeDecodedEvents;

    beforeEach(() => {
      events = new FakeDecodedEvents();
      const ports = { ledger, parking, refundQueue, metrics, clock, events, logger: recordedLogger().logger };
      handler = createPaymentWorkerHandler(ports, { sliceSize: 2 });
    });

    it('writes the payments that the ledger holds, again when they come again, and nothing else', async () => {
      await ledger.applyPayments([payment('m', 'taken', { amount: 1 })]);
      const given = event([payment('m', 'a'), payment('m', 'taken')], [payment('m', 'b'), refund('m', 'r', 'a'), hold('m', 'h')], [payment('m', 'a')]);
      expect(await failures(given)).toEqual([]);
      expect(events.written).toEqual([payment('m', 'a'), payment('m', 'b'), payment('m', 'a')]);
      expect(metrics.counts.EventsWritten).toBe(3);
    });

    it('asks for delivery from the first payment on whose event was not taken', async () => {
      events.takes = ({ idempotencyKey }) => idempotencyKey !== 'b';
      expect(await failures(event([payment('m', 'a')], [payment('m', 'b')], [payment('m', 'c')], [refund('m', 'r', 'a')]))).toEqual([sequence(1)]);
      events.takes = () => true;
      expect(await failures(event([payment('m', 'b')], [payment('m', 'c')]))).toEqual([]);
      expect(events.written.map(({ idempotencyKey }) => idempotencyKey)).toEqual(['a', 'c', 'b', 'c']);
    });

    it('writes nothing that comes again for another reason', async () => {
      ledger.spoil = ({ idempotencyKey }) => (idempotencyKey === 'b' ? UNAVAILABLE : undefined);
      expect(await failures(event([payment('m', 'a')], [payment('m', 'b')], [payment('m', 'c')]))).toEqual([sequence(1)]);
      expect(events.written).toEqual([payment('m', 'a')]);
    });
  });

  it('asks for delivery from a refund on that the queue did not take', async () => {
    refundQueue.takes = ({ record: { idempotencyKey } }) => idempotencyKey !== 'r1';
    expect(await failures(event([refund('m', 'r0', 'x')], [refund('m', 'r1', 'x')], [refund('m', 'r2', 'x')]))).toEqual([sequence(1)]);
    expect(metrics.counts).toMatchObject({ RecordsLeftForRetry: 2 });
  });

  it('names only the lowest record with something that is not done', async () => {
    ledger.spoil = ({ idempotencyKey }) => (['c', 'd'].includes(idempotencyKey) ? UNAVAILABLE : undefined);
    const given = event([payment('m', 'a')], [payment('m', 'b'), payment('m', 'd')], [payment('m', 'c')], [refund('m', 'r', 'a')]);
    expect(await failures(given)).toEqual([sequence(1)]);
    // What lies behind comes again with it.
    expect(ledger.asked).not.toContain('r');
    expect(lines).toHaveLength(1);
    ledger.spoil = () => undefined;
    expect(await failures(given)).toEqual([]);
    expect(ledger.model.balance('m', 'EUR').available).toBe(300n);
  });

  it('fails a record with a refund that could not be tried, but not those before it', async () => {
    ledger.spoil = ({ idempotencyKey }) => (idempotencyKey === 'r1' ? UNAVAILABLE : undefined);
    expect(await failures(event([payment('m', 'k')], [refund('m', 'r0', 'k', { amount: 1 })], [refund('m', 'r1', 'k')]))).toEqual([sequence(2)]);
    expect(await ledger.find('m', 'r0')).toBeDefined();
  });

  describe('poison', () => {
    const overlong = { ...payment('m', 'k'), payerId: 'p'.repeat(65) };

    it('is parked by its place, with its bytes, and stands in nobody\'s way', async () => {
      const builder = new AggregateBuilder(1_000);
      builder.tryAdd('p', encodePaymentRecord(payment('m', 'a')));
      builder.tryAdd('p', Buffer.from([0xff, 0xff]));
      expect(await failures(event(Buffer.from('no payment'), builder.build(), [payment('m', 'b')]))).toEqual([]);
      expect(ledger.model.balance('m', 'EUR').available).toBe(200n);
      expect(parking.entries).toEqual([
        {
          reason: expect.any(String) as string, schema: 'payment.v1.Payment', payload: Buffer.from('no payment'), parkedAt: clock.time,
          source: { shardId: 'shardId-000000000002', sequenceNumber: sequence(0), index: 0 },
        },
        expect.objectContaining({
          payload: Buffer.from([0xff, 0xff]), source: expect.objectContaining({ sequenceNumber: sequence(1), index: 1 }) as object,
        }),
      ]);
      expect(metrics.counts).toMatchObject({ PaymentsApplied: 2, RecordsParked: 2 });
    });

    it('is parked by merchant and key where they can be read', async () => {
      expect(await failures(event([overlong]))).toEqual([]);
      expect(parking.entries).toMatchObject([{ merchantId: 'm', idempotencyKey: 'k', payload: Buffer.from(encodePaymentRecord(overlong)) }]);
      expect(parking.entries[0].reason).toBe('payer_id is not a text of 1 to 64 characters');
    });

    it('that the ledger can never store is parked too, payment or refund', async () => {
      ledger.spoil = () => ({ kind: 'impossible', reason: 'too large' });
      expect(await failures(event([payment('m', 'k'), refund('m', 'r', 'k')]))).toEqual([]);
      expect(parking.entries).toMatchObject([
        { idempotencyKey: 'k', reason: 'too large', source: { index: 0 } },
        { idempotencyKey: 'r', reason: 'too large', source: { index: 1 } },
      ]);
    });

    it('that could not be parked is delivered again', async () => {
      parking.fails = () => true;
      expect(await failures(event([payment('m', 'a')], [overlong], [payment('m', 'b')]))).toEqual([sequence(1)]);
      ledger.spoil = ({ idempotencyKey }) => (idempotencyKey === 'a' ? { kind: 'impossible', reason: 'x' } : undefined);
      expect(await failures(event([payment('m', 'a')], [payment('m', 'b')]))).toEqual([sequence(0)]);
    });
  });

  it('stops in time, with everything before the stop done', async () => {
    const small = createPaymentWorkerHandler(
      { ledger, parking, refundQueue, metrics, clock, logger: recordedLogger().logger }, { sliceSize: 2 },
    );
    ledger.spoil = () => {
      clock.time += 400;
      return undefined;
    };
    const given = event(...['a', 'b', 'c', 'd', 'e', 'f'].map((key) => [payment('m', key)]));
    const start = clock.time;
    const { batchItemFailures } = await small(given, { getRemainingTimeInMillis: () => 2_000 });
    expect(batchItemFailures).toEqual([{ itemIdentifier: sequence(4) }]);
    expect(ledger.asked).toEqual(['a', 'b', 'c', 'd']);
    // The ledger is told, too.
    expect(ledger.options[0]).toEqual({ deadline: start + 1_000 });
  });

  it('loses nothing and doubles nothing, however often and in whatever pieces a stream is delivered', async () => {
    const key = fc.constantFrom('k1', 'k2', 'k3', 'k4');
    const record = fc.oneof(
      fc.record({ key, amount: fc.constantFrom(10, 20) }).map(({ key: own, amount }) => payment('m', own, { amount })),
      fc.record({ own: fc.constantFrom('r1', 'r2', 'r3'), key, amount: fc.constantFrom(5, 10, 15) })
        .map(({ own, key: paid, amount }) => refund('m', own, paid, { amount })),
      fc.record({ key: fc.constantFrom('h1', 'h2'), amount: fc.constantFrom(10, 20) }).map(({ key: own, amount }) => hold('m', own, { amount })),
      fc.record({ own: fc.constantFrom('e1', 'e2', 'e3'), held: fc.constantFrom('h1', 'h2'), amount: fc.constantFrom(5, 10, 15) })
        .map(({ own, held, amount }) => holdEnd('m', own, held, { amount })),
    );
    const bad = fc.constant(Buffer.from('bad'));
    await fc.assert(fc.asyncProperty(
      fc.array(fc.oneof({ weight: 5, arbitrary: fc.array(record, { minLength: 1, maxLength: 4 }) }, { weight: 1, arbitrary: bad }), { maxLength: 8 }),
      fc.infiniteStream(fc.nat(1_000)),
      async (stream, choices) => {
        const choose = (below: number): number => choices.next().value! % below;
        ledger = new FakeLedger();
        parking = new FakeParking();
        refundQueue = new FakeRefundQueue();
        ledger.spoil = () => (choose(6) === 0 ? UNAVAILABLE : undefined);
        parking.fails = () => choose(4) === 0;
        refundQueue.takes = () => choose(4) !== 0;
        const flaky = createPaymentWorkerHandler({ ledger, parking, refundQueue, metrics, clock, logger: recordedLogger().logger }, { sliceSize: 2 });
        const whole = event(...stream).Records;
        let checkpoint = 0;
        for (let delivery = 0; delivery < 2_000 && checkpoint < whole.length; delivery++) {
          const from = choose(8) === 0 ? choose(checkpoint + 1) : checkpoint;
          const batch = whole.slice(from, from + 1 + choose(5));
          const { batchItemFailures } = await flaky({ Records: batch }, { getRemainingTimeInMillis: () => 60_000 });
          const failed = batch.findIndex(({ kinesis }) => kinesis.sequenceNumber === batchItemFailures[0]?.itemIdentifier);
          checkpoint = Math.max(checkpoint, from + (failed < 0 ? batch.length : failed));
        }
        expect(checkpoint).toBe(whole.length);
        const accepted = stream.flatMap((content) => (content instanceof Uint8Array ? [] : [...content]));
        const waitingKeys = new Set(refundQueue.messages.map((waiting) => waiting.record.idempotencyKey));
        for (const each of accepted) {
          // Everything is settled under its key, but for what draws on others and waits.
          expect(drawnKey(each) !== undefined && waitingKeys.has(each.idempotencyKey) ? true : await ledger.find('m', each.idempotencyKey)).toBeTruthy();
        }
        const parkedPlaces = new Set(parking.entries.map(({ source }) => source.sequenceNumber));
        expect(parkedPlaces.size).toBe(stream.filter((content) => content instanceof Uint8Array).length);
        // Of each key one is stored, and it is one that was accepted.
        const stored = ledger.model.records.filter(({ record: { type } }) => type === 'payment').map(({ record: each }) => each);
        expect(stored.map(({ idempotencyKey }) => idempotencyKey).sort())
          .toEqual([...new Set(accepted.filter(({ type }) => type === 'payment').map(({ idempotencyKey }) => idempotencyKey))].sort());
        stored.forEach((each) => expect(accepted).toContainEqual(each));
      },
    ), { numRuns: 200 });
  });
});
