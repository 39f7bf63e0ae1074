import type { SQSEvent } from 'aws-lambda';
import { createRefundWorkerHandler, type RefundWorkerHandler } from '../../../lambdas/refund-worker/handler';
import { encodeWaitingRecord, type WaitingRecord } from '../../../lambdas/runtime/batch/waiting-records';
import { encodePaymentRecord } from '../../../lambdas/runtime/payment/payment-codec';
import { FakeLedger, FakeParking, FakeRefundQueue } from '../runtime/support/fake-ports';
import { ManualClock } from '../runtime/support/manual-clock';
import { hold, holdEnd, payment, refund } from '../runtime/support/payments';
import { RecordedMetrics, recordedLogger } from '../runtime/support/silent';

const WAIT_SECONDS = 900;

describe('refund worker', () => {
  let ledger: FakeLedger;
  let parking: FakeParking;
  let refundQueue: FakeRefundQueue;
  let metrics: RecordedMetrics;
  let clock: ManualClock;
  let handler: RefundWorkerHandler;

  beforeEach(() => {
    ledger = new FakeLedger();
    parking = new FakeParking();
    refundQueue = new FakeRefundQueue();
    metrics = new RecordedMetrics();
    clock = new ManualClock();
    handler = createRefundWorkerHandler(
      { ledger, parking, refundQueue, metrics, clock, logger: recordedLogger().logger }, { refundWaitSeconds: WAIT_SECONDS },
    );
  });

  function event(...bodies: string[]): SQSEvent {
    return {
      Records: bodies.map((body, index) => ({
        messageId: `message-${index}`, receiptHandle: 'h', body, messageAttributes: {}, md5OfBody: '', eventSource: 'aws:sqs', awsRegion: 'eu-west-1',
        eventSourceARN: 'arn:aws:sqs:eu-west-1:111122223333:refunds',
        attributes: { ApproximateReceiveCount: '1', SentTimestamp: '1', SenderId: 's', ApproximateFirstReceiveTimestamp: '1' },
      })),
    };
  }

  async function failures(given: SQSEvent): Promise<string[]> {
    const { batchItemFailures } = await handler(given, { getRemainingTimeInMillis: () => 30_000 });
    return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
  }

  function waiting(key: string, firstSeenAt = clock.time): WaitingRecord {
    return { record: refund('m', key, 'k', { amount: 60 }), firstSeenAt };
  }

  it('applies refunds whose payment has come', async () => {
    await ledger.applyPayments([payment('m', 'k')]);
    expect(await failures(event(encodeWaitingRecord(waiting('r1')), encodeWaitingRecord(waiting('r2'))))).toEqual([]);
    expect(metrics.counts).toEqual({ PaymentsApplied: 1, RefundsRejected: 1, RecordsDone: 2 });
    expect(metrics.flushes).toBe(1);
    expect(refundQueue.messages).toEqual([]);
  });

  it('sends again what still waits, with the time it was first seen, and lets the message go', async () => {
    const since = clock.time - 10_000;
    expect(await failures(event(encodeWaitingRecord(waiting('r', since))))).toEqual([]);
    expect(refundQueue.messages).toEqual([waiting('r', since)]);
    expect(metrics.counts).toEqual({ RefundsWaiting: 1, RecordsDone: 1 });
  });

  it('keeps the message when its successor was not taken', async () => {
    refundQueue.takes = ({ record: { idempotencyKey } }) => idempotencyKey !== 'r1';
    expect(await failures(event(...['r0', 'r1', 'r2'].map((key) => encodeWaitingRecord(waiting(key)))))).toEqual(['message-1']);
    expect(metrics.counts.RecordsLeftForRetry).toBe(1);
  });

  it('rejects a refund when the wait is over, not before', async () => {
    const since = clock.time;
    clock.time += WAIT_SECONDS * 1_000 - 1;
    await failures(event(encodeWaitingRecord(waiting('r', since))));
    expect(await ledger.find('m', 'r')).toBeUndefined();
    clock.time += 1;
    expect(await failures(event(encodeWaitingRecord(waiting('r', since))))).toEqual([]);
    expect(await ledger.find('m', 'r')).toMatchObject({ status: 'rejected', reason: 'unknown_payment' });
    expect(refundQueue.messages).toHaveLength(1);
  });

  it('lets no refund be rejected for an outage: the wait starts anew with the ledger', async () => {
    ledger.spoil = () => ({ kind: 'unavailable', error: new Error('down') });
    const long = clock.time - 10 * WAIT_SECONDS * 1_000;
    expect(await failures(event(encodeWaitingRecord(waiting('r', long))))).toEqual([]);
    expect(refundQueue.messages).toEqual([waiting('r', clock.time)]);
    ledger.spoil = () => undefined;
    await failures(event(encodeWaitingRecord(refundQueue.messages[0])));
    expect(await ledger.find('m', 'r')).toBeUndefined();
  });

  it('ends holds that have come, and rejects what ends none when the wait is over', async () => {
    const since = clock.time;
    const ends = ['e1', 'e2'].map((key, index) => encodeWaitingRecord({ record: holdEnd('m', key, `h${index}`, { type: 'settle' }), firstSeenAt: since }));
    expect(await failures(event(...ends))).toEqual([]);
    expect(metrics.counts).toEqual({ MovementsWaiting: 2, RecordsDone: 2 });
    await ledger.applyHolds([hold('m', 'h0')]);
    clock.time += WAIT_SECONDS * 1_000;
    expect(await failures(event(...ends))).toEqual([]);
    expect(await ledger.find('m', 'e1')).toMatchObject({ status: 'applied' });
    expect(await ledger.find('m', 'e2')).toMatchObject({ status: 'rejected', reason: 'unknown_hold' });
    expect(metrics.counts).toEqual({ MovementsWaiting: 2, MovementsApplied: 1, MovementsRejected: 1, RecordsDone: 4 });
  });

  it('sends on and parks the bytes as they came, with fields that it does not know', async () => {
    const data = Buffer.concat([encodePaymentRecord(refund('m', 'r', 'k')), Buffer.from([0xa2, 0x06, 0x05, ...Buffer.from('later')])]);
    const body = encodeWaitingRecord({ record: refund('m', 'r', 'k'), firstSeenAt: clock.time, data });
    const sent: WaitingRecord[] = [];
    refundQueue.takes = (record) => sent.push(record) > 0;
    await failures(event(body));
    expect(encodeWaitingRecord(sent[0])).toBe(body);
    ledger.spoil = () => ({ kind: 'impossible', reason: 'too large' });
    await failures(event(body));
    expect(parking.entries[0].payload).toEqual(data);
  });

  it('parks what is no refund, and lets it come back when it cannot be parked', async () => {
    const overlong = { ...waiting('r'), record: refund('m', 'r', 'k', { payerId: 'p'.repeat(65) }) };
    const given = event('nonsense', encodeWaitingRecord(overlong));
    expect(await failures(given)).toEqual([]);
    expect([...parking.entries].reverse()).toEqual([
      {
        reason: 'the message is not JSON', schema: 'refund-queue.v1.json', payload: Buffer.from('nonsense'), parkedAt: clock.time,
        source: { shardId: 'refunds', sequenceNumber: 'message-0', index: 0 },
      },
      expect.objectContaining({
        merchantId: 'm', idempotencyKey: 'r', reason: 'payer_id is not a text of 1 to 64 characters', schema: 'payment.v1.Payment',
        payload: encodePaymentRecord(overlong.record),
      }),
    ]);
    parking.fails = () => true;
    expect((await failures(given)).sort()).toEqual(['message-0', 'message-1']);
  });

  it('parks what the ledger can never store', async () => {
    ledger.spoil = () => ({ kind: 'impossible', reason: 'too large' });
    expect(await failures(event(encodeWaitingRecord(waiting('r'))))).toEqual([]);
    expect(parking.entries).toMatchObject([{ merchantId: 'm', idempotencyKey: 'r', reason: 'too large' }]);
  });
});
