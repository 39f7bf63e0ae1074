import { AggregateBuilder } from '../../../lambdas/runtime/aggregate/kpl-aggregate';
import { createPaymentStreamWorker, type PaymentStreamWorker } from '../../../lambdas/payment-stream-worker/worker';
import { optionsFromEnvironment, portsFromEnvironment } from '../../../lambdas/payment-stream-worker/configuration';
import { Environment } from '../../../lambdas/runtime/configuration/environment';
import { MemoryRecordLog } from '../../../lambdas/runtime/kafka/memory-record-log';
import { MetricRegistry } from '../../../lambdas/runtime/observability/metric-registry';
import type { StreamRecord } from '../../../lambdas/runtime/payment/movement';
import { encodePaymentRecord } from '../../../lambdas/runtime/payment/payment-codec';
import { ManualClock } from '../runtime/producer/manual-clock';
import { FakeLedger, FakeParking, FakeRefundQueue } from '../runtime/support/fake-ports';
import { payment, refund } from '../runtime/support/payments';
import { readExposition } from '../runtime/observability/support/exposition-parser';
import { RecordedMetrics, recordedLogger } from '../runtime/support/silent';

const VARIABLES = {
  KAFKA_BROKERS: 'b-1.example.com:9098,b-2.example.com:9098', KAFKA_TOPIC: 'payments', KAFKA_GROUP: 'workers', AWS_REGION: 'eu-central-1',
  LEDGER: 'postgresql', DATABASE_WRITERS: 'ledger.example.com', DATABASE_WRITER_USER: 'worker', DATABASE_NAME: 'ledger', DATABASE_POOL: '4',
  REFUND_WINDOW_SECONDS: '604800', PARKING_TABLE: 'parking', REFUND_QUEUE_URL: 'https://queue.example.com/refunds',
};

describe('the worker of the payment topic', () => {
  const clock = new ManualClock();
  const ledger = new FakeLedger();
  const parking = new FakeParking();
  const refundQueue = new FakeRefundQueue();
  const metrics = new RecordedMetrics();
  const registry = new MetricRegistry();
  const log = new MemoryRecordLog({ partitions: 2, clock });
  let worker: PaymentStreamWorker;
  let origin: string;
  let closed = 0;

  beforeAll(async () => {
    worker = createPaymentStreamWorker({
      group: log.group('workers'), ledger, parking, refundQueue, metrics, registry, logger: recordedLogger().logger, clock, close: async () => { closed++; },
    }, { topic: 'payments' });
    origin = `http://127.0.0.1:${await worker.listen(0, '127.0.0.1')}`;
    await clock.advance(1_000);
  });

  const committed = (): unknown => Object.fromEntries(log.group('workers').committed);

  it('is ready once it knows its partitions', async () => {
    expect((await fetch(`${origin}/readyz`)).status).toBe(200);
  });

  it('settles aggregated and plain records, parks what is no payment under its place, and lets refunds wait', async () => {
    await log.publish([
      { partition: 0, value: aggregate(payment('m', 'k1'), payment('m', 'k2'), payment('m', 'k1')) },
      { partition: 0, value: Buffer.from('no payment') },
      { partition: 1, value: encodePaymentRecord(refund('m', 'r1', 'k9')) },
    ]);
    await clock.advance(1_000);
    expect([metrics.counts.PaymentsApplied, metrics.counts.PaymentsDuplicate]).toEqual([2, 1]);
    expect(parking.entries.map(({ source }) => source)).toEqual([{ shardId: 'payments-0', sequenceNumber: '1', index: 0 }]);
    expect(refundQueue.messages.map(({ record }) => record.idempotencyKey)).toEqual(['r1']);
    expect(committed()).toEqual({ 0: 2, 1: 1 });
  });

  it('shows how long batches took, and how far it is behind in each partition', async () => {
    const shown = readExposition(await (await fetch(`${origin}/metrics`)).text());
    expect(shown.get('worker_batch_duration_seconds')!.samples.find(({ name }) => name.endsWith('_count'))!.value).toBe(2);
    expect(shown.get('worker_partition_lag_records')!.samples.map(({ labels, value }) => [labels, value])).toEqual(expect.arrayContaining([
      [{ topic: 'payments', partition: '0' }, 0], [{ topic: 'payments', partition: '1' }, 0],
    ]));
  });

  it('does not commit what the ledger could not be asked for, and does it when it can', async () => {
    let isDown = true;
    ledger.spoil = ({ idempotencyKey }) => (isDown && idempotencyKey === 'k4' ? { kind: 'unavailable', error: new Error('down') } : undefined);
    await log.publish(['k3', 'k4', 'k5'].map((key) => ({ partition: 0, value: encodePaymentRecord(payment('m', key)) })));
    await clock.advance(1_000);
    expect(committed()).toEqual({ 0: 3, 1: 1 });
    expect(readExposition(registry.expose()).get('worker_partition_lag_records')!.samples.find(({ labels }) => labels.partition === '0')!.value).toBe(2);
    isDown = false;
    await clock.advance(60_000);
    expect(committed()).toEqual({ 0: 5, 1: 1 });
    expect(ledger.model.find('m', 'k5')).toBeDefined();
  });

  it('ends in order', async () => {
    const drained = worker.drain();
    await clock.advance(1_000);
    await drained;
    expect([closed, metrics.values.RecordsBehind]).toEqual([1, [0]]);
    await expect(fetch(`${origin}/livez`)).rejects.toThrow();
  });

});

describe('the environment of the worker', () => {
  const before = { ...process.env };
  beforeAll(() => { Object.assign(process.env, { AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' }); });
  afterAll(() => { process.env = before; });

  it('is what it is made of, by default with IAM to both sides', async () => {
    const ports = portsFromEnvironment(new Environment(VARIABLES));
    await ports.close!();
    const { samples } = readExposition(ports.registry!.expose()).get('payment_outcomes_total')!;
    expect(samples.map(({ labels, value }) => `${labels.kind} ${labels.outcome} ${value}`)).toEqual(expect.arrayContaining(['payment applied 0', 'movement waiting 0']));
    expect(optionsFromEnvironment(new Environment({ ...VARIABLES, WORKER_BATCH_RECORDS: '7' }))).toEqual({
      topic: 'payments', reading: { batchRecords: 7, concurrentBatches: 4, recordsInFlight: 10_000, batchMilliseconds: 10_000 },
    });
  });

  it.each([
    ['KAFKA_BROKERS', '', 'KAFKA_BROKERS must be set'],
    ['KAFKA_TOPIC', '', 'KAFKA_TOPIC must be set'],
    ['LEDGER', 'paper', 'LEDGER must be one of dynamodb, postgresql, got: paper'],
    ['KAFKA_AUTHENTICATION', 'password', 'KAFKA_AUTHENTICATION must be one of iam, none, got: password'],
    ['DATABASE_POOL', '0', 'DATABASE_POOL must be a whole number between 1 and'],
  ])('refuses %s of %j', (name, value, message) => {
    const variables = { ...VARIABLES, KAFKA_AUTHENTICATION: 'none', DATABASE_AUTHENTICATION: 'none', [name]: value };
    expect(() => portsFromEnvironment(new Environment(variables))).toThrow(message);
  });
});

function aggregate(...records: readonly StreamRecord[]): Uint8Array {
  const builder = new AggregateBuilder(25_000);
  records.forEach((record) => builder.tryAdd('-', encodePaymentRecord(record)));
  return builder.build();
}
