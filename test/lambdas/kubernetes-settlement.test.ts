import { portsFromEnvironment as apiPorts } from '../../lambdas/payment-api/configuration';
import { optionsFromEnvironment, portsFromEnvironment as workerPorts } from '../../lambdas/payment-stream-worker/configuration';
import { createPaymentStreamWorker } from '../../lambdas/payment-stream-worker/worker';
import { Environment } from '../../lambdas/runtime/configuration/environment';
import { LogProducer } from '../../lambdas/runtime/kafka/log-producer';
import { MemoryRecordLog } from '../../lambdas/runtime/kafka/memory-record-log';
import { decodeReceipt } from '../../lambdas/runtime/producer/receipt';
import { ApiClient, payment } from './payment-api/api-client';
import { describeWithPostgresql } from './runtime/ledger/postgresql-database';
import { FakeParking, FakeRefundQueue } from './runtime/support/fake-ports';
import { LedgerDatabases } from './runtime/support/ledger-databases';
import { RecordedMetrics, recordedLogger } from './runtime/support/silent';

const MERCHANTS = ['m-1', 'm-2', 'm-3', 'm-4', 'm-5', 'm-6'];

/** The API and the worker of the Kubernetes profile as their environment makes them, with a log in memory between them, on two databases. */
describeWithPostgresql('settlement in the Kubernetes profile, from a request to the balance', () => {
  const before = { ...process.env };
  let databases: LedgerDatabases;
  let variables: Record<string, string>;

  beforeAll(async () => {
    Object.assign(process.env, { AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret', AWS_ENDPOINT_URL: 'http://127.0.0.1:1' });
    databases = await LedgerDatabases.start(2);
    await databases.migrate();
    variables = {
      ...databases.variables, KAFKA_BROKERS: '127.0.0.1:1', KAFKA_TOPIC: 'payments', KAFKA_GROUP: 'payment-worker', KAFKA_TLS: 'off', KAFKA_AUTHENTICATION: 'none',
      PARKING_TABLE: 'parking', REFUND_QUEUE_URL: 'http://127.0.0.1:1/refunds', REFUND_WINDOW_SECONDS: '604800', AUTHENTICATION: 'none',
    };
  });
  afterAll(async () => {
    process.env = before;
    await databases.stop();
  });

  const running: (() => Promise<void>)[] = [];
  afterEach(async () => { await Promise.all(running.splice(0).map((stop) => stop())); });

  async function startApi(log: MemoryRecordLog, others: Record<string, string> = {}): Promise<ApiClient> {
    const { authenticate: _authenticate, ...ports } = await apiPorts(new Environment({ ...variables, ...others }), () => undefined);
    const api = await new ApiClient({
      ...ports, stream: new LogProducer({ log, topic: 'payments', lingerMilliseconds: 1 }), parking: { find: async () => undefined }, now: Date.now,
    }).start();
    running.push(() => api.stop());
    return api;
  }

  it('answers with a receipt, then with the payment and the balance, of every shard and of writer and reader', async () => {
    const log = new MemoryRecordLog({ partitions: 4 });
    const api = await startApi(log);
    const replies = await Promise.all(MERCHANTS.map((merchantId) => (
      api.post(payment({ merchantId, idempotencyKey: 'order-1', amount: 1_250 })))));
    expect(replies.map(({ status }) => status)).toEqual(MERCHANTS.map(() => 202));
    const receipts = replies.map(({ json }) => String(json.receipt));
    expect(decodeReceipt(receipts[0])).toMatchObject({ shardId: expect.stringMatching(/^payments-[0-3]$/), sequenceNumber: expect.stringMatching(/^\d+$/) });
    expect((await api.get(`/merchants/m-1/payments/order-1?receipt=${receipts[0]}`)).status).toBe(202);
    expect((await api.get('/merchants/m-1/balance?currency=EUR')).text).toBe('{"available":0,"held":0}');

    const metrics = new RecordedMetrics();
    const { lines, logger } = recordedLogger();
    const environment = new Environment(variables);
    const worker = createPaymentStreamWorker({
      ...workerPorts(environment), group: log.group('payment-worker'), parking: new FakeParking(), refundQueue: new FakeRefundQueue(), metrics,
      logger,
    }, optionsFromEnvironment(environment));
    running.push(() => worker.drain());
    await worker.listen(0, '127.0.0.1');
    for (let rounds = 0; (metrics.counts.PaymentsApplied ?? 0) < MERCHANTS.length; rounds++) {
      if (rounds === 2_000) {
        throw new Error(`not settled: ${JSON.stringify(metrics.counts)} ${lines.join('\n')}`);
      }
      await new Promise((resolve) => { setTimeout(resolve, 5); });
    }

    for (const merchant of MERCHANTS) {
      const settled = await api.get(`/merchants/${merchant}/payments/order-1`);
      expect([settled.status, settled.json.status, settled.json.amount]).toEqual([200, 'applied', 1_250]);
      expect((await api.get(`/merchants/${merchant}/balance?currency=EUR`)).text).toBe('{"available":1250,"held":0}');
      expect((await api.get(`/merchants/${merchant}/balance?currency=USD`)).text).toBe('{"available":0,"held":0}');
    }
    const count = async (shard: number): Promise<number> => Number((await databases.connect(shard).query({ text: 'SELECT count(*) FROM ledger.entry' }))[0].count);
    const counts = [await count(0), await count(1)];
    expect(counts[0] + counts[1]).toBe(MERCHANTS.length);
    expect(Math.min(...counts)).toBeGreaterThan(0);

    // Late reads need no writer, and no user of one.
    const { DATABASE_WRITERS: _writers, DATABASE_WRITER_USER: _user, ...late } = variables;
    variables = { ...late, STATUS_READS: 'eventual', BALANCE_READS: 'eventual' };
    const reader = await startApi(log);
    expect((await reader.get('/merchants/m-1/payments/order-1')).json.status).toBe('applied');
    expect((await reader.get('/merchants/m-2/balance?currency=EUR')).text).toBe('{"available":1250,"held":0}');
    expect(api.errors).toEqual([]);
  });

  it('answers 503 while the database of a merchant does not answer, and no error of its own', async () => {
    const dead = { DATABASE_READERS: '127.0.0.1:1', STATUS_READS: 'eventual', BALANCE_READS: 'eventual' };
    const api = await startApi(new MemoryRecordLog({ partitions: 1 }), dead);
    expect((await api.get('/merchants/m-1/balance?currency=EUR')).status).toBe(503);
    expect((await api.get('/merchants/m-1/payments/order-1')).status).toBe(503);
    expect(api.errors).toEqual([]);
  });
});
