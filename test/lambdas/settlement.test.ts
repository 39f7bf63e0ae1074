import type { DynamoDBRecord, KinesisStreamRecord, SQSRecord } from 'aws-lambda';
import fc from 'fast-check';
import { createBalanceProjectorHandler } from '../../lambdas/balance-projector/handler';
import { createPaymentWorkerHandler } from '../../lambdas/payment-worker/handler';
import { createRefundWorkerHandler } from '../../lambdas/refund-worker/handler';
import type { Item } from '../../lambdas/runtime/aws/dynamodb';
import { AwsServiceError } from '../../lambdas/runtime/aws/errors';
import { BalanceTable } from '../../lambdas/runtime/balance/balance-table';
import { encodeWaitingRecord } from '../../lambdas/runtime/batch/waiting-records';
import { DynamoDbLedger } from '../../lambdas/runtime/ledger/dynamodb-ledger';
import { isSameContent } from '../../lambdas/runtime/ledger/ledger';
import { DynamoDbParking } from '../../lambdas/runtime/parking/dynamodb-parking';
import type { StreamRecord } from '../../lambdas/runtime/payment/movement';
import { encodePaymentRecord } from '../../lambdas/runtime/payment/payment-codec';
import { RetryPolicy } from '../../lambdas/runtime/retry/retry';
import { ShardDirectory } from '../../lambdas/runtime/sharding/shard-directory';
import { Dynoxide } from '../support/dynoxide';
import { FakeRefundQueue } from './runtime/support/fake-ports';
import { type Fault, FaultyCaller, LOSE, PASS } from './runtime/support/faulty-caller';
import { ManualClock } from './runtime/support/manual-clock';
import { hold, holdEnd, newMerchant, payment, refund } from './runtime/support/payments';
import { RecordedMetrics, recordedLogger } from './runtime/support/silent';

const CONTEXT = { getRemainingTimeInMillis: () => 60_000 };
const REFUND_WAIT_SECONDS = 60;

/** The three workers on a real table engine, from records of the stream to balances, judged by what is in the tables at the end. */
describe('settlement, from the stream to the balances', () => {
  let engine: Dynoxide;

  beforeAll(async () => {
    engine = await Dynoxide.start();
    await engine.createTables('ledger-1', 'ledger-2', 'parking', 'balances');
  });
  afterAll(() => engine.stop());

  const key = fc.constantFrom('k1', 'k2', 'k3', 'k4', 'k5', 'k6');
  const currency = fc.constantFrom('EUR', 'EUR', 'EUR', 'USD');
  const holdKey = fc.constantFrom('h1', 'h2', 'h3');
  const someRecord: fc.Arbitrary<StreamRecord> = fc.oneof(
    fc.record({ own: key, currency, amount: fc.constantFrom(10, 30, 1e12) })
      .map(({ own, ...others }) => payment('m', own, others)),
    fc.record({ own: fc.constantFrom('r1', 'r2', 'r3', 'r4', 'k1'), refunded: key, currency, amount: fc.constantFrom(5, 10, 20) })
      .map(({ own, refunded, ...others }) => refund('m', own, refunded, others)),
    fc.record({ own: holdKey, currency, amount: fc.constantFrom(10, 30, 1e12) }).map(({ own, ...others }) => hold('m', own, others)),
    fc.record({
      own: fc.constantFrom('e1', 'e2', 'e3', 'e4', 'h1'), held: fc.oneof(holdKey, key), currency, amount: fc.constantFrom(5, 10, 20),
      type: fc.constantFrom('release' as const, 'settle' as const),
    }).map(({ own, held, ...others }) => holdEnd('m', own, held, others)),
  );

  it('gives every accepted payment one effect, through lost answers, throttles, replays and other batch borders', async () => {
    const someRecords = fc.array(someRecord, { minLength: 1, maxLength: 30 });
    await fc.assert(fc.asyncProperty(someRecords, fc.infiniteStream(fc.nat(10_000)), async (drawn, choices) => {
      const merchantId = newMerchant();
      const accepted = drawn.map((record) => ({ ...record, merchantId }));
      const choose = (below: number): number => choices.next().value! % below;
      const run = new Run(engine, choose);

      await run.settle(accepted);
      await run.settleWaiting();
      const rows = await run.rows(merchantId);
      await run.project(rows);

      run.caller.decide = () => PASS;
      expect(rows.map(({ sk }) => sk.S).sort()).toEqual([...new Set(accepted.map(({ idempotencyKey }) => idempotencyKey))].sort());
      const effects = { payment: [1n, 0n], refund: [-1n, 0n], hold: [-1n, 1n], release: [1n, -1n], settle: [0n, -1n] } as const;
      const balances = new Map<string, { available: bigint; held: bigint }>();
      for (const { sk } of rows) {
        const entry = (await run.ledger.find(merchantId, sk.S!))!;
        expect(accepted.some((record) => isSameContent(entry, record))).toBe(true);
        const amount = BigInt(entry.status === 'applied' ? entry.amount : 0);
        const { available, held } = balances.get(entry.currency) ?? { available: 0n, held: 0n };
        const [toAvailable, toHeld] = effects[entry.type];
        balances.set(entry.currency, { available: available + toAvailable * amount, held: held + toHeld * amount });
      }
      const drawnOf = (row: Item): string | undefined => row.refundOf?.S ?? row.holdOf?.S;
      for (const row of rows.filter(({ type }) => type.S === 'payment' || type.S === 'hold')) {
        const draws = rows.filter((it) => drawnOf(it) === row.sk.S && it.status.S === 'applied');
        const drawn = draws.reduce((sum, { amount }) => sum + Number(amount.N), 0);
        expect(Number((row.refundable ?? row.holdable).N)).toBe(Number(row.amount.N) - drawn);
        expect(drawn).toBeLessThanOrEqual(Number(row.amount.N));
        draws.forEach((each) => {
          expect(each.currency.S).toBe(row.currency.S);
          expect(each.type.S === 'refund').toBe(row.type.S === 'payment');
        });
        // Only a hold of which something is left stays for good.
        expect(row.expiresAt === undefined).toBe(row.type.S === 'hold' && drawn < Number(row.amount.N));
      }
      for (const rejected of rows.filter(({ status }) => status.S === 'rejected')) {
        const type = rejected.type.S === 'refund' ? 'payment' : 'hold';
        const drawn = rows.find((it) => it.sk.S === drawnOf(rejected) && it.type.S === type);
        if (rejected.reason.S === `exceeds_${type}`) {
          // What is left only falls, so a draw that was too large then is too large now.
          expect(Number((drawn!.refundable ?? drawn!.holdable).N)).toBeLessThan(Number(rejected.amount.N));
        } else {
          expect(rejected.reason.S).toBe(`unknown_${type}`);
          expect(drawn === undefined || drawn.currency.S !== rejected.currency.S).toBe(true);
        }
      }
      for (const name of ['EUR', 'USD']) {
        expect(await run.balances.balance(merchantId, name)).toEqual(balances.get(name) ?? { available: 0n, held: 0n });
      }
    }), { numRuns: 15, endOnFailure: true });
  }, 60_000);
});

/** One delivery of everything, with faults. */
class Run {
  public readonly caller: FaultyCaller;
  public readonly ledger: DynamoDbLedger;
  public readonly balances: BalanceTable;
  private readonly clock = new ManualClock();
  private readonly refundQueue = new FakeRefundQueue();
  private readonly ports;

  public constructor(private readonly engine: Dynoxide, private readonly choose: (below: number) => number) {
    this.caller = new FaultyCaller(engine.client, () => this.fault());
    const retry = new RetryPolicy({ clock: this.clock, maximumAttempts: 3 });
    this.ledger = new DynamoDbLedger({
      dynamodb: this.caller, tables: ['ledger-1', 'ledger-2'], directory: new ShardDirectory(2), retry,
    });
    this.balances = new BalanceTable({ dynamodb: this.caller, table: 'balances', retry });
    this.ports = {
      ledger: this.ledger,
      parking: new DynamoDbParking({ dynamodb: this.caller, table: 'parking', retry }),
      refundQueue: this.refundQueue,
      metrics: new RecordedMetrics(),
      logger: recordedLogger().logger,
      clock: this.clock,
      retry,
    };
  }

  /** The stream: each record in a stream record of its own, delivered until all are done. */
  public async settle(accepted: readonly StreamRecord[]): Promise<void> {
    const handler = createPaymentWorkerHandler(this.ports, { sliceSize: 5 });
    const records = accepted.map((record, index) => ({
      eventID: `shardId-000000000000:${index}`,
      kinesis: { partitionKey: 'p', sequenceNumber: String(index), data: Buffer.from(encodePaymentRecord(record)).toString('base64') },
    }) as KinesisStreamRecord);
    await this.deliver(records, async (batch) => (await handler({ Records: batch }, CONTEXT)).batchItemFailures[0]?.itemIdentifier,
      ({ kinesis }) => kinesis.sequenceNumber);
  }

  /** The delay queue: once while refunds may wait, then until the wait is over and the queue is empty. */
  public async settleWaiting(): Promise<void> {
    const handler = createRefundWorkerHandler(this.ports, { refundWaitSeconds: REFUND_WAIT_SECONDS });
    for (let round = 0; this.refundQueue.messages.length > 0; round++) {
      expect(round).toBeLessThan(200);
      const messages = this.refundQueue.messages.splice(0).map((waiting, index) => ({
        messageId: String(index), body: encodeWaitingRecord(waiting), eventSourceARN: 'arn:aws:sqs:eu-west-1:111122223333:refunds',
      }) as SQSRecord);
      const { batchItemFailures } = await handler({ Records: messages }, CONTEXT);
      expect(batchItemFailures).toEqual([]);
      this.clock.time += REFUND_WAIT_SECONDS * 500;
    }
  }

  public async rows(merchantId: string): Promise<Item[]> {
    const rows: Item[] = [];
    for (const table of ['ledger-1', 'ledger-2']) {
      const { Items: items } = await this.engine.client.call<{ Items: Item[] }>('Scan', { TableName: table, ConsistentRead: true });
      rows.push(...items.filter(({ pk }) => pk.S!.startsWith(`${merchantId}#`)));
    }
    return rows;
  }

  /** The table streams: the inserts of all rows, over three shards. */
  public async project(rows: readonly Item[]): Promise<void> {
    const handler = createBalanceProjectorHandler({ ...this.ports, balances: this.balances });
    const shards: DynamoDBRecord[][] = [[], [], []];
    rows.forEach((row, index) => shards[this.choose(3)].push({
      eventName: 'INSERT', dynamodb: { SequenceNumber: String(10n ** 20n + BigInt(index)), NewImage: row as never },
    }));
    for (const [index, records] of shards.entries()) {
      await this.deliver(
        records,
        async (batch) => {
          const event = { Records: batch, shardId: `shardId-${index}`, eventSourceARN: 'arn:aws:dynamodb:eu-west-1:111122223333:table/ledger/stream/1' };
          return (await handler(event, CONTEXT)).batchItemFailures[0]?.itemIdentifier;
        },
        ({ dynamodb }) => dynamodb!.SequenceNumber!,
      );
    }
  }

  /** At least once, in order the first time, in batches of any size. */
  private async deliver<Record>(
    records: readonly Record[], invoke: (batch: Record[]) => Promise<string | undefined>, identify: (record: Record) => string,
  ): Promise<void> {
    for (let checkpoint = 0, delivery = 0; checkpoint < records.length; delivery++) {
      expect(delivery).toBeLessThan(500);
      const from = this.choose(4) === 0 ? this.choose(checkpoint + 1) : checkpoint;
      const batch = records.slice(from, from + 1 + this.choose(12));
      const failed = await invoke([...batch]);
      const done = failed === undefined ? batch.length : batch.findIndex((record) => identify(record) === failed);
      checkpoint = Math.max(checkpoint, from + done);
    }
  }

  private fault(): Fault {
    const drawn = this.choose(20);
    if (drawn < 2) {
      return LOSE;
    }
    return drawn === 2 ? { kind: 'fail', error: new AwsServiceError('ThrottlingException', 400, '') } : PASS;
  }
}
