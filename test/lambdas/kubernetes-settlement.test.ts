import { portsFromEnvironment as apiPorts } from '../../lambdas/payment-api/configuration';
import { optionsFromEnvironment, portsFromEnvironment as workerPorts } from '../../lambdas/payment-stream-worker/configuration';
import { createPaymentStreamWorker } from '../../lambdas/payment-stream-worker/worker';
import { Environment } from '../../lambdas/runtime/configuration/environment';
import { LogProducer } from '../../lambdas/runtime/kafka/log-producer';
import { MemoryRecordLog } from '../../lambdas/runtime/kafka/memory-record-log';
import type { RecordLogGroup } from '../../lambdas/runtime/kafka/record-log';
import { decodeReceipt } from '../../lambdas/runtime/producer/receipt';
import { KafkaEngine } from '../../local/engines/log';
import { ApiClient, payment } from './payment-api/api-client';
import { describeWithPostgresql } from './runtime/ledger/postgresql-database';
import { FakeParking, FakeRefundQueue } from './runtime/support/fake-ports';
import { LedgerDatabases } from './runtime/support/ledger-databases';
import { RecordedMetrics, recordedLogger } from './runtime/support/silent';

const MERCHANTS = ['m-1', 'm-2', 'm-3', 'm-4', 'm-5', 'm-6'];

interface StartedWorker {
  /** What it logs. */
  readonly lines: readonly string[];
  /** Waits until so many payments are in the ledger. */
  untilApplied(payments: number): Promise<void>;
}

/** The API and the worker of the Kubernetes profile as their environment makes them, a log or a Kafka in memory between them, on two databases. */
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
  afterEach(async () => {
    for (const stop of running.splice(0).reverse()) {
      await stop();
    }
  });

  /** @param log takes the place of the Kafka that the environment names. @default - that one */
  async function startApi(log?: MemoryRecordLog, others: Record<string, string | undefined> = {}): Promise<ApiClient> {
    const { authenticate: _authenticate, ...ports } = await apiPorts(new Environment({ ...variables, ...others }), () => undefined);
    const api = await new ApiClient({
      ...ports, ...(log !== undefined && { stream: new LogProducer({ log, topic: 'payments', lingerMilliseconds: 1 }) }),
      parking: { find: async () => undefined }, now: Date.now,
    }).start();
    running.push(() => api.stop());
    return api;
  }

  /** @param group takes the place of the one that the environment names. @default - that one */
  async function startWorker(group?: RecordLogGroup, others: Record<string, string | undefined> = {}): Promise<StartedWorker> {
    const metrics = new RecordedMetrics();
    const { lines, logger } = recordedLogger();
    const environment = new Environment({ ...variables, ...others });
    const worker = createPaymentStreamWorker({
      ...workerPorts(environment), ...(group !== undefined && { group }), parking: new FakeParking(), refundQueue: new FakeRefundQueue(), metrics,
      logger,
    }, optionsFromEnvironment(environment));
    running.push(() => worker.drain());
    await worker.listen(0, '127.0.0.1');
    return {
      lines,
      untilApplied: (payments) => (
        until(() => (metrics.counts.PaymentsApplied ?? 0) >= payments, () => `${JSON.stringify(metrics.counts)} ${lines.join('\n')}`)),
    };
  }

  async function until(condition: () => boolean, explain: () => string): Promise<void> {
    for (let rounds = 0; !condition(); rounds++) {
      if (rounds === 2_000) {
        throw new Error(`it did not come to that: ${explain()}`);
      }
      await new Promise((resolve) => { setTimeout(resolve, 5); });
    }
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

    const worker = await startWorker(log.group('payment-worker'));
    await worker.untilApplied(MERCHANTS.length);

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
    const late = { DATABASE_WRITERS: undefined, DATABASE_WRITER_USER: undefined, STATUS_READS: 'eventual', BALANCE_READS: 'eventual' };
    const reader = await startApi(log, late);
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

  it('settles once what goes through the Kafka that the environment names, though an answer is lost and the broker goes away', async () => {
    const engine = await KafkaEngine.start({ topics: [{ name: 'payments', partitions: 4 }] });
    running.push(() => engine.close());
    const kafka = { KAFKA_BROKERS: `127.0.0.1:${engine.port}`, KAFKA_HEARTBEAT_MILLISECONDS: '50' };
    const api = await startApi(undefined, kafka);
    const stored = (): number => engine.statistics().topics[0].records;
    const explain = (): string => JSON.stringify(engine.statistics());
    const post = async (idempotencyKey: string): Promise<{ readonly partition: number; readonly offset: number }> => {
      const { json, status } = await api.post(payment({ merchantId: 'm-kafka', idempotencyKey, amount: 100 }));
      expect(status).toBe(202);
      const { sequenceNumber, shardId } = decodeReceipt(String(json.receipt))!;
      return { partition: Number(/^payments-(\d)$/.exec(shardId)![1]), offset: Number(sequenceNumber) };
    };

    // Each is alone in its record, and the receipt tells where that lies.
    const first = await post('first');
    expect([stored(), engine.statistics().topics[0].partitions[first.partition].logEnd]).toEqual([1, first.offset + 1]);
    engine.setFaults({ lostAnswers: 1 });
    const posting = post('second');
    await until(() => engine.statistics().lostAnswers > 0, explain);
    engine.setFaults({});
    const second = await posting;
    expect([stored(), engine.statistics().topics[0].partitions[second.partition].logEnd]).toEqual([2, second.offset + 1]);

    const worker = await startWorker(undefined, kafka);
    await worker.untilApplied(2);
    await until(() => engine.statistics().idle && engine.statistics().groups.some(({ name }) => name === 'payment-worker'), explain);
    // So long that the worker has to join anew.
    const { generation } = engine.statistics().groups[0];
    engine.setFaults({ unavailable: true });
    await until(() => worker.lines.some((line) => line.includes('the membership of the group ended')), explain);
    engine.setFaults({});
    await until(() => engine.statistics().groups[0].state === 'stable' && engine.statistics().groups[0].generation > generation, explain);
    await post('third');
    await worker.untilApplied(3);
    await until(() => engine.statistics().idle, explain);
    expect((await api.get('/merchants/m-kafka/balance?currency=EUR')).text).toBe('{"available":300,"held":0}');
    expect([stored(), api.errors]).toEqual([3, []]);
  });
});
