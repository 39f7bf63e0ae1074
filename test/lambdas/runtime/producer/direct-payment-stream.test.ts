import type { Outcome } from '../../../../lambdas/runtime/ledger/ledger';
import type { StreamRecord } from '../../../../lambdas/runtime/payment/movement';
import { encodePaymentRecord } from '../../../../lambdas/runtime/payment/payment-codec';
import { DirectPaymentStream, type DirectPaymentStreamOptions } from '../../../../lambdas/runtime/producer/direct-payment-stream';
import type { Delivery } from '../../../../lambdas/runtime/producer/payment-stream';
import { ManualClock } from './manual-clock';
import { FakeLedger, FakeParking, FakeRefundQueue } from '../support/fake-ports';

import { payment, refund } from '../support/payments';
import { RecordedMetrics, recordedLogger } from '../support/silent';

let ledger: FakeLedger;
let parking: FakeParking;
let queue: FakeRefundQueue;
let metrics: RecordedMetrics;
let clock: ManualClock;
let stream: DirectPaymentStream;
const told = new Map<string, Delivery['kind']>();

function start(options: DirectPaymentStreamOptions = {}): void {
  stream = new DirectPaymentStream({ ledger, refundQueue: queue, parking, metrics, logger: recordedLogger().logger, clock }, options);
}

beforeEach(() => {
  ledger = new FakeLedger();
  parking = new FakeParking();
  queue = new FakeRefundQueue();
  metrics = new RecordedMetrics();
  clock = new ManualClock();
  told.clear();
  start();
});

function offer(...records: StreamRecord[]): boolean[] {
  return records.map((record) => stream.offer(encodePaymentRecord(record), ({ kind }, key) => told.set(key, kind), record.idempotencyKey));
}

/** Sends what waits for others, and lets everything happen. */
async function settled(): Promise<void> {
  await clock.advance(5);
  for (let turn = 0; turn < 20; turn++) {
    await new Promise((resolve) => { setImmediate(resolve); });
  }
}

const movement = (idempotencyKey: string, others: object): StreamRecord => (
  { merchantId: 'm', idempotencyKey, amount: 10, currency: 'EUR', acceptedAt: 1_700_000_000_000, ...others } as StreamRecord
);

describe('DirectPaymentStream', () => {
  it('applies what concurrent requests bring in one batch, and tells each only then', async () => {
    expect(offer(payment('m', 'a'), payment('m', 'b'), payment('n', 'c'))).toEqual([true, true, true]);
    await new Promise((resolve) => { setImmediate(resolve); });
    expect([told.size, ledger.batches]).toEqual([0, []]);
    await settled();
    expect([...told]).toEqual([['a', 'settled'], ['b', 'settled'], ['c', 'settled']]);
    expect(ledger.batches).toEqual([3]);
    expect(metrics.counts).toEqual({ PaymentsApplied: 3 });
  });

  it('does not wait for others once a batch is full', async () => {
    start({ maximumBatchPayments: 2 });
    offer(payment('m', 'a'), payment('m', 'b'), payment('m', 'c'));
    for (let turn = 0; turn < 20; turn++) {
      await new Promise((resolve) => { setImmediate(resolve); });
    }
    expect([...told.keys()]).toEqual(['a', 'b']);
    await settled();
    expect(ledger.batches).toEqual([2, 1]);
  });

  it('takes a payment that came before for settled, and one with other fields for a conflict', async () => {
    offer(payment('m', 'a'));
    await settled();
    offer(payment('m', 'a'));
    await settled();
    expect(told.get('a')).toBe('settled');
    offer(payment('m', 'a', { amount: 7 }));
    await settled();
    expect(told.get('a')).toBe('conflict');
    expect(metrics.counts).toEqual({ PaymentsApplied: 1, PaymentsDuplicate: 1, PaymentsConflicting: 1 });
  });

  it('applies refunds after the payments of their batch, and takes a rejected one for settled', async () => {
    offer(refund('m', 'r-1', 'a', { amount: 60 }), refund('m', 'r-2', 'a', { amount: 60 }), payment('m', 'a'));
    await settled();
    expect([...told.values()]).toEqual(['settled', 'settled', 'settled']);
    expect(metrics.counts).toEqual({ PaymentsApplied: 2, RefundsRejected: 1 });
    expect(ledger.asked).toEqual(['a', 'r-1', 'r-2']);
  });

  it('sends a refund whose payment is not there to the delay queue, and tells it when the queue has it', async () => {
    offer(refund('m', 'r', 'later'));
    await settled();
    expect(told.get('r')).toBe('settled');
    expect(queue.messages).toHaveLength(1);
    expect(queue.messages[0]).toMatchObject({ record: { idempotencyKey: 'r', refundOf: 'later' }, firstSeenAt: clock.now() });
    expect(metrics.counts).toEqual({ RefundsWaiting: 1 });
    queue.takes = () => false;
    offer(refund('m', 'r-2', 'later'));
    await settled();
    expect(told.get('r-2')).toBe('unavailable');
  });

  it('applies holds and what ends them', async () => {
    ledger.spoil = ({ type }): Outcome | undefined => (type === 'hold' || type === 'release' ? { kind: 'applied' } : undefined);
    offer(movement('rel', { type: 'release', holdOf: 'h' }), movement('h', { type: 'hold' }));
    await settled();
    expect([...told.values()]).toEqual(['settled', 'settled']);
    expect(ledger.asked).toEqual(['h', 'rel']);
    expect(metrics.counts).toEqual({ MovementsApplied: 2 });
  });

  it('parks what can never be stored before it tells anybody', async () => {
    ledger.spoil = ({ idempotencyKey }) => (idempotencyKey === 'bad' ? { kind: 'impossible', reason: 'too large' } : undefined);
    offer(payment('m', 'bad'), payment('m', 'good'));
    await settled();
    expect([told.get('bad'), told.get('good')]).toEqual(['settled', 'settled']);
    expect(parking.entries).toMatchObject([{ merchantId: 'm', idempotencyKey: 'bad', reason: 'too large', schema: 'payment.v1.Payment', source: { shardId: 'direct' } }]);
    expect(Buffer.from(parking.entries[0].payload)).toEqual(Buffer.from(encodePaymentRecord(payment('m', 'bad'))));
    parking.fails = () => true;
    offer(payment('m', 'bad'));
    await settled();
    expect(told.get('bad')).toBe('unavailable');
  });

  it('promises nothing that the ledger did not take', async () => {
    ledger.spoil = ({ idempotencyKey }) => (idempotencyKey === 'a' ? { kind: 'unavailable', error: new Error('throttled') } : undefined);
    offer(payment('m', 'a'), payment('m', 'b'), refund('m', 'r', 'b'));
    await settled();
    expect([told.get('a'), told.get('b'), told.get('r')]).toEqual(['unavailable', 'settled', 'settled']);
  });

  it('leaves nobody waiting for a ledger with a defect', async () => {
    ledger.applyPayments = () => Promise.reject(new Error('a defect'));
    offer(payment('m', 'a'));
    await settled();
    expect(told.get('a')).toBe('unavailable');
    await stream.drain();
  });

  it('gives the ledger a deadline', async () => {
    start({ deliveryMilliseconds: 700 });
    offer(payment('m', 'a'), refund('m', 'r', 'a'));
    const begin = clock.now();
    await settled();
    expect(ledger.options).toEqual([{ deadline: begin + 5 + 700 }, { deadline: begin + 5 + 700 }]);
  });

  it('takes no more than it may have on its way', async () => {
    start({ maximumPendingPayments: 2 });
    expect(offer(payment('m', 'a'), payment('m', 'b'), payment('m', 'c'))).toEqual([true, true, false]);
    expect(stream.isFull).toBe(true);
    await settled();
    expect(stream.isFull).toBe(false);
    expect(offer(payment('m', 'c'))).toEqual([true]);
  });

  it('makes no more batches at once than it may', async () => {
    start({ maximumConcurrentBatches: 1, maximumBatchPayments: 1 });
    const releases: (() => void)[] = [];
    const { applyPayments } = FakeLedger.prototype;
    ledger.applyPayments = async (payments, options) => {
      await new Promise<void>((resolve) => { releases.push(resolve); });
      return applyPayments.call(ledger, payments, options);
    };
    offer(payment('m', 'a'), payment('m', 'b'));
    await settled();
    expect(releases).toHaveLength(1);
    releases[0]();
    await settled();
    expect(releases).toHaveLength(2);
    releases[1]();
    await settled();
    expect([...told.values()]).toEqual(['settled', 'settled']);
  });

  it('drains: it takes nothing more, and ends when everything is told', async () => {
    await stream.drain();
    start();
    offer(payment('m', 'a'));
    let drained = false;
    const drain = stream.drain().then(() => { drained = true; });
    expect([drained, ...offer(payment('m', 'b'))]).toEqual([false, false]);
    await drain;
    expect(told.get('a')).toBe('settled');
  });
});
