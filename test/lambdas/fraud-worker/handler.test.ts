import type { KinesisStreamEvent } from 'aws-lambda';
import { DECISION_SCHEMA, holdKey } from '../../../lambdas/fraud-worker/decision';
import { createFraudWorkerHandler, type FraudWorkerHandler } from '../../../lambdas/fraud-worker/handler';
import { decodePaymentRecord } from '../../../lambdas/runtime/payment/payment-codec';
import { FakeLedger, FakeParking } from '../runtime/support/fake-ports';
import { ManualClock } from '../runtime/support/manual-clock';
import { ACCEPTED_AT, payment } from '../runtime/support/payments';
import { RecordedMetrics, recordedLogger } from '../runtime/support/silent';

const UNAVAILABLE = { kind: 'unavailable', error: new Error('down') } as const;

describe('fraud worker', () => {
  let ledger: FakeLedger;
  let parking: FakeParking;
  let metrics: RecordedMetrics;
  let lines: string[];
  let handler: FraudWorkerHandler;

  beforeEach(() => {
    ledger = new FakeLedger();
    parking = new FakeParking();
    metrics = new RecordedMetrics();
    const recorded = recordedLogger();
    lines = recorded.lines;
    handler = createFraudWorkerHandler({ ledger, parking, metrics, clock: new ManualClock(), logger: recorded.logger });
  });

  function decision(paymentKey: string, others: object = {}): object {
    return { merchantId: 'm', paymentKey, rule: 'velocity', amount: 100, currency: 'EUR', decidedAt: ACCEPTED_AT, ...others };
  }

  /** Bytes as they are, everything else as JSON. */
  function event(...contents: (object | Uint8Array)[]): KinesisStreamEvent {
    return {
      Records: contents.map((content, index) => ({
        awsRegion: 'eu-west-1', eventName: 'aws:kinesis:record', eventSource: 'aws:kinesis', eventVersion: '1.0', invokeIdentityArn: 'arn',
        eventSourceARN: 'arn:aws:kinesis:eu-west-1:111122223333:stream/decisions',
        eventID: `shardId-000000000001:${index}`,
        kinesis: {
          kinesisSchemaVersion: '1.0', partitionKey: 'p', sequenceNumber: String(index), approximateArrivalTimestamp: 1,
          data: Buffer.from(content instanceof Uint8Array ? content : JSON.stringify(content)).toString('base64'),
        },
      })),
    };
  }

  async function failures(given: KinesisStreamEvent): Promise<string[]> {
    const { batchItemFailures } = await handler(given, { getRemainingTimeInMillis: () => 60_000 });
    return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
  }

  it('sets the money of each decision aside, all of a batch in one go', async () => {
    expect(await failures(event(decision('a'), decision('b', { rule: 'geo', amount: 30 })))).toEqual([]);
    expect(ledger.batches).toEqual([2]);
    expect(ledger.model.balance('m', 'EUR')).toMatchObject({ available: -130n, held: 130n });
    expect(await ledger.find('m', 'fraud:velocity:a')).toMatchObject({ type: 'hold', amount: 100, currency: 'EUR', movementReason: 'fraud.velocity' });
    expect(await ledger.find('m', 'fraud:geo:b')).toMatchObject({ movementReason: 'fraud.geo', acceptedAt: ACCEPTED_AT });
    expect(metrics.counts).toEqual({ MovementsApplied: 2, RecordsDone: 2 });
    expect(metrics.flushes).toBe(1);
  });

  it('holds a payment once, however often the rules decide on it', async () => {
    await failures(event(decision('a'), decision('a')));
    expect(await failures(event(decision('a')))).toEqual([]);
    expect(ledger.model.balance('m', 'EUR').held).toBe(100n);
    expect(metrics.counts).toEqual({ MovementsApplied: 1, MovementsDuplicate: 2, RecordsDone: 3 });
  });

  it('takes an empty batch without asking the ledger', async () => {
    expect(await failures(event())).toEqual([]);
    expect(ledger.batches).toEqual([]);
  });

  it('names the first decision that the ledger could not take, and no other', async () => {
    ledger.spoil = ({ idempotencyKey }) => (/:[cd]$/.test(idempotencyKey) ? UNAVAILABLE : undefined);
    expect(await failures(event(decision('a'), decision('b'), decision('c'), decision('d'), decision('e')))).toEqual(['2']);
    expect(metrics.counts).toMatchObject({ MovementsApplied: 3, RecordsLeftForRetry: 3 });
    expect(lines).toHaveLength(1);
    ledger.spoil = () => undefined;
    expect(await failures(event(decision('c'), decision('d'), decision('e')))).toEqual([]);
    expect(ledger.model.balance('m', 'EUR').held).toBe(500n);
  });

  it.each([
    ['no text', Buffer.from([0xff, 0xfe]), 'the decision is not JSON'],
    ['no JSON', Buffer.from('{"merchantId"'), 'the decision is not JSON'],
    ['null', Buffer.from('null'), 'merchantId of the decision is not a text'],
    ['a merchant that is a number', decision('a', { merchantId: 7 }), 'merchantId of the decision is not a text'],
    ['no key', decision('a', { paymentKey: undefined }), 'paymentKey of the decision is not a text'],
    ['a rule with a colon', decision('a', { rule: 'a:b' }), 'rule of the decision is not the name of a rule'],
    ['a rule of no length', decision('a', { rule: '' }), 'rule of the decision is not the name of a rule'],
    ['half a cent', decision('a', { amount: 0.5 }), 'amount of the decision is not a whole number from 1 to 10^12'],
    ['nothing', decision('a', { amount: 0 }), 'amount of the decision is not a whole number from 1 to 10^12'],
    ['too much', decision('a', { amount: 1e12 + 1 }), 'amount of the decision is not a whole number from 1 to 10^12'],
    ['no time', decision('a', { decidedAt: '2026' }), 'decidedAt of the decision is not a time'],
  ])('parks %s, and goes on', async (_name, content, reason) => {
    expect(await failures(event(decision('before'), content, decision('behind')))).toEqual([]);
    expect(ledger.batches).toEqual([2]);
    expect(parking.entries).toEqual([expect.objectContaining({
      reason, schema: DECISION_SCHEMA, source: { shardId: 'shardId-000000000001', sequenceNumber: '1', index: 0 },
    })]);
    expect(parking.entries[0].merchantId).toBeUndefined();
    expect(Buffer.from(parking.entries[0].payload)).toEqual(Buffer.from(content instanceof Uint8Array ? content : JSON.stringify(content)));
    expect(metrics.counts.RecordsParked).toBe(1);
  });

  it('parks a hold that can never be stored as one that the payment stream takes', async () => {
    expect(await failures(event(decision('a', { currency: 'euro' })))).toEqual([]);
    expect(parking.entries).toEqual([expect.objectContaining({
      merchantId: 'm', idempotencyKey: 'fraud:velocity:a', reason: 'currency is not a code of three letters', schema: 'payment.v1.Payment',
    })]);
    expect(decodePaymentRecord(parking.entries[0].payload)).toMatchObject({ type: 'hold', idempotencyKey: 'fraud:velocity:a' });
    ledger.spoil = () => ({ kind: 'impossible', reason: 'too large' });
    expect(await failures(event(decision('b')))).toEqual([]);
    expect(parking.entries[1]).toMatchObject({ reason: 'too large', idempotencyKey: 'fraud:velocity:b' });
  });

  it('parks a hold whose key a client took before, so that somebody sees to it', async () => {
    await ledger.applyPayments([payment('m', 'fraud:velocity:a')]);
    for (const delivery of [1, 2]) {
      expect({ delivery, failures: await failures(event(decision('a'), decision('b'))) }).toEqual({ delivery, failures: [] });
    }
    expect(parking.entries[0]).toMatchObject({ merchantId: 'm', idempotencyKey: 'fraud:velocity:a', reason: 'another record has its key', schema: 'payment.v1.Payment' });
    expect(ledger.model.balance('m', 'EUR').held).toBe(100n);
    expect(metrics.counts).toMatchObject({ MovementsApplied: 1, MovementsConflicting: 2 });
  });

  it('lets a record come again that could not be parked', async () => {
    parking.fails = () => true;
    expect(await failures(event(decision('a'), Buffer.from('?'), decision('b')))).toEqual(['1']);
    expect(metrics.counts).toMatchObject({ MovementsApplied: 2, RecordsLeftForRetry: 2 });
  });

  it('parks nothing behind the first decision that comes again', async () => {
    ledger.spoil = () => UNAVAILABLE;
    expect(await failures(event(decision('a'), Buffer.from('?')))).toEqual(['0']);
    expect(parking.entries).toEqual([]);
  });

  it('passes on the time that is left', async () => {
    await failures(event(decision('a')));
    expect(ledger.options).toEqual([{ deadline: new ManualClock().time + 55_000 }]);
  });

  describe('the key of a hold', () => {
    it('holds the rule and the key of the payment', () => {
      expect(holdKey('geo', 'order-7')).toBe('fraud:geo:order-7');
      expect([...holdKey('geo', 'x'.repeat(54))]).toHaveLength(64);
    });

    it('is never longer than a key may be, and differs where payments differ', () => {
      const [one, other] = ['x', 'y'].map((end) => holdKey('velocity', `${'€'.repeat(63)}${end}`));
      expect(one).toMatch(/^fraud:velocity:[\w-]{43}$/);
      expect(other).not.toBe(one);
      expect(holdKey('velocity', `${'€'.repeat(63)}x`)).toBe(one);
      expect([...one].length).toBeLessThanOrEqual(64);
    });

    it('fits with the longest name of a rule', async () => {
      const rule = 'a'.repeat(14);
      expect(await failures(event(decision('k'.repeat(64), { rule })))).toEqual([]);
      expect(parking.entries).toEqual([]);
      expect([...holdKey(rule, 'k'.repeat(64))].length).toBeLessThanOrEqual(64);
    });
  });
});
