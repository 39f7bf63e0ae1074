import type { KinesisStreamRecord, SQSRecord } from 'aws-lambda';
import { createPaymentWorkerHandler } from '../../lambdas/payment-worker/handler';
import { createRefundWorkerHandler } from '../../lambdas/refund-worker/handler';
import type { Item } from '../../lambdas/runtime/aws/dynamodb';
import { AwsConnectionError } from '../../lambdas/runtime/aws/errors';
import { encodeWaitingRecord } from '../../lambdas/runtime/batch/waiting-records';
import { DynamoDbLedger } from '../../lambdas/runtime/ledger/dynamodb-ledger';
import { DynamoDbParking } from '../../lambdas/runtime/parking/dynamodb-parking';
import { encodePaymentRecord } from '../../lambdas/runtime/payment/payment-codec';
import { guardLedger } from '../../lambdas/runtime/resilience/guarded-ledger';
import { RetryPolicy } from '../../lambdas/runtime/retry/retry';
import { ShardDirectory } from '../../lambdas/runtime/sharding/shard-directory';
import { Dynoxide } from '../support/dynoxide';
import { FakeRefundQueue } from './runtime/support/fake-ports';
import { FaultyCaller, PASS } from './runtime/support/faulty-caller';
import { ManualClock } from './runtime/support/manual-clock';
import { newMerchant, payment, refund } from './runtime/support/payments';
import { RecordedMetrics, recordedLogger } from './runtime/support/silent';

const PAYMENTS = 300;
const TIMEOUT_MILLISECONDS = 3_000;
const INVOCATION_MILLISECONDS = 60_000;

describe('an outage of the ledger\'s store', () => {
  let engine: Dynoxide;

  beforeAll(async () => {
    engine = await Dynoxide.start();
    await engine.createTables('ledger', 'parking');
  });
  afterAll(() => engine.stop());

  it('opens the circuit, costs little while it lasts, and afterwards everything drains with one effect each', async () => {
    const merchantId = newMerchant();
    const clock = new ManualClock();
    const metrics = new RecordedMetrics();
    const { logger } = recordedLogger();
    let isDown = true;
    const caller = new FaultyCaller(engine.client, () => (isDown
      ? {
        kind: 'run',
        run: async () => {
          await clock.sleep(TIMEOUT_MILLISECONDS);
          throw new AwsConnectionError('no answer');
        },
      }
      : PASS));
    let serial = 0;
    const retry = new RetryPolicy({ clock, random: () => (serial++ * 0.37) % 1 });
    const ledger = new DynamoDbLedger({ dynamodb: caller, tables: ['ledger'], directory: new ShardDirectory(2), retry });
    const refundQueue = new FakeRefundQueue();
    const ports = {
      ledger: guardLedger(ledger, { metrics, logger, clock, random: () => 0.5 }),
      parking: new DynamoDbParking({ dynamodb: caller, table: 'parking', retry }), refundQueue, metrics, logger, clock,
    };
    const worker = createPaymentWorkerHandler(ports, { sliceSize: 100 });
    const refundWorker = createRefundWorkerHandler(ports, { refundWaitSeconds: 60 });
    const context = { getRemainingTimeInMillis: () => INVOCATION_MILLISECONDS };

    const records = Array.from({ length: PAYMENTS }, (_, index) => ({
      eventID: `shardId-000000000000:${index}`,
      kinesis: {
        partitionKey: 'p', sequenceNumber: String(index), data: Buffer.from(encodePaymentRecord(payment(merchantId, `k${index}`))).toString('base64'),
      },
    }) as KinesisStreamRecord);
    const deliver = async (from: number): Promise<number> => {
      const { batchItemFailures: [failure] } = await worker({ Records: records.slice(from) }, context);
      return failure === undefined ? PAYMENTS : Number(failure.itemIdentifier);
    };
    refundQueue.messages.push({ record: refund(merchantId, 'r', 'k7', { amount: 30 }), firstSeenAt: clock.time - 3_600_000 });
    const deliverRefunds = async (): Promise<void> => {
      const messages = refundQueue.messages.splice(0).map((waiting, index) => ({
        messageId: String(index), body: encodeWaitingRecord(waiting), eventSourceARN: 'arn:aws:sqs:eu-west-1:111122223333:refunds',
      }) as SQSRecord);
      expect((await refundWorker({ Records: messages }, context)).batchItemFailures).toEqual([]);
    };

    // Two deliveries burn their time in attempts; then nobody asks any more.
    for (let delivery = 0; metrics.counts.LedgerCircuitOpened === undefined; delivery++) {
      expect(delivery).toBeLessThan(2);
      expect(await deliver(0)).toBe(0);
    }
    const atOpening = { calls: caller.calls.length, time: clock.time };
    expect(atOpening.calls).toBeGreaterThan(10);
    for (let delivery = 0; delivery < 50; delivery++) {
      expect(await deliver(0)).toBe(0);
      await deliverRefunds();
    }
    expect(caller.calls).toHaveLength(atOpening.calls);
    expect(clock.time).toBe(atOpening.time);

    // Ten minutes of outage, with a delivery each second: now and then one small call finds out, within its second and a timeout.
    for (const end = clock.time + 600_000; clock.time < end; clock.time += 1_000) {
      expect(await deliver(0)).toBe(0);
      await deliverRefunds();
    }
    const probes = caller.calls.slice(atOpening.calls);
    expect(probes.length).toBeLessThan(600 / 10);
    expect(probes.length).toBeGreaterThan(600 / 60);
    for (const { input } of probes) {
      expect(((input.Statements ?? input.TransactItems) as unknown[]).length).toBeLessThanOrEqual(25);
    }
    expect(metrics.counts.RecordsParked ?? 0).toBe(0);

    isDown = false;
    let end = 0;
    for (let delivery = 0; end < PAYMENTS; delivery++) {
      expect(delivery).toBeLessThan(40);
      end = await deliver(end);
      clock.time += 1_000;
    }
    await deliverRefunds();
    expect(refundQueue.messages).toEqual([]);
    expect(metrics.counts).toMatchObject({ LedgerCircuitOpened: 1, LedgerCircuitClosed: 1, PaymentsApplied: PAYMENTS + 1 });
    const { Items: rows } = await engine.client.call<{ Items: Item[] }>('Scan', { TableName: 'ledger', ConsistentRead: true });
    expect(rows).toHaveLength(PAYMENTS + 1);
    expect(rows.find(({ sk }) => sk.S === 'k7')!.refundable.N).toBe('70');
    expect(rows.find(({ sk }) => sk.S === 'r')!.status.S).toBe('applied');
    expect((await engine.client.call<{ Count: number }>('Scan', { TableName: 'parking' })).Count).toBe(0);
  }, 60_000);
});
