import { setTimeout as delay } from 'node:timers/promises';
import { KafkaWriter } from '../../../lambdas/runtime/kafka/kafka-writer';
import { LogProducer } from '../../../lambdas/runtime/kafka/log-producer';
import { PostgresqlConnections } from '../../../lambdas/runtime/ledger/postgresql-connections';
import { migrateMerchantDirectory } from '../../../lambdas/runtime/ledger/postgresql-merchant-directory';
import { migratePostgresqlLedger } from '../../../lambdas/runtime/ledger/postgresql-migrations';
import { createPostgresqlPartitions } from '../../../lambdas/runtime/ledger/postgresql-partitions';
import { encodePaymentRecord } from '../../../lambdas/runtime/payment/payment-codec';
import { bundleLambdas } from '../../../lambdas/bundle';
import { missingPostgresql, PostgresqlEngine } from '../../../local/engines/database';
import type { ExternalCheck, ExternalResult } from '../external-check';
import { KafkaBroker } from './kafka-broker';
import { findOrFetchKafka, KAFKA } from './kafka-program';
import { WorkerFleet } from './worker-fleet';

/** Payments of the form that runs with all checks. The full form is a million: `--payments 1000000`. */
export const FEW_PAYMENTS = 100_000;

const TOPIC = 'payments';
const GROUP = 'payment-stream-worker';
const PARTITIONS = 12;
const WORKERS = 3;
const MERCHANTS = 200;
/** One of so many payments is sent twice, as a client does that got no answer. */
const REPEATED = 50;
/** Few, so that there are many records to be done twice or left out. */
const PAYMENTS_A_RECORD = 20;
const UNTIL_DONE = 600_000;

/** What happens to the workers, and after which part of the payments. */
const FAULTS: readonly (readonly [number, (fleet: WorkerFleet) => Promise<void>])[] = [
  [0.1, (fleet) => fleet.kill(1)],
  [0.25, (fleet) => fleet.start(2)],
  [0.4, (fleet) => fleet.drainOne()],
  [0.55, (fleet) => fleet.kill(2)],
  [0.75, (fleet) => fleet.drainOne()],
];

/** Payments through a real broker, into a real database, by the deployed worker in processes that come, go and are killed: each takes effect once. */
export function kafkaPayments(payments = FEW_PAYMENTS): ExternalCheck {
  return {
    name: 'payments over Apache Kafka',
    async run(): Promise<ExternalResult> {
      const program = await findOrFetchKafka();
      const missing = 'missing' in program ? program.missing : missingPostgresql();
      if ('missing' in program || missing !== undefined) {
        return { status: 'skipped', detail: missing! };
      }
      await bundleLambdas();
      const broker = await KafkaBroker.start(program.classPath);
      try {
        await broker.createTopic(TOPIC, PARTITIONS);
        const engine = await PostgresqlEngine.start();
        try {
          return await settlePayments(payments, broker, engine);
        } finally {
          await engine.close();
        }
      } finally {
        await broker.close();
      }
    },
  };
}

async function settlePayments(payments: number, broker: KafkaBroker, engine: PostgresqlEngine): Promise<ExternalResult> {
  const { host, port, user, database: name, title } = engine;
  const database = new PostgresqlConnections({ host, port, user, database: name, password: async () => '', poolSize: 4, tls: 'off', callMilliseconds: 60_000 });
  const fleet = new WorkerFleet({
    KAFKA_BROKERS: broker.address, KAFKA_TLS: 'off', KAFKA_AUTHENTICATION: 'none', KAFKA_TOPIC: TOPIC, KAFKA_GROUP: GROUP, KAFKA_SESSION_MILLISECONDS: '6000',
    LEDGER: 'postgresql', DATABASE_WRITERS: `${host}:${port}`, DATABASE_WRITER_USER: user, DATABASE_NAME: name,
    DATABASE_AUTHENTICATION: 'none', DATABASE_TLS: 'off', REFUND_WINDOW_SECONDS: '604800', WORKER_BATCH_RECORDS: '50', WORKER_RECORDS_IN_FLIGHT: '500',
    // Nothing here is parked or waits: who asked for either would fail.
    PARKING_TABLE: 'none', REFUND_QUEUE_URL: 'http://127.0.0.1:1/none', AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'none', AWS_SECRET_ACCESS_KEY: 'none',
  });
  const startedAt = Date.now();
  try {
    await migratePostgresqlLedger(database);
    await createPostgresqlPartitions(database);
    await migrateMerchantDirectory(database, ['shard-1']);
    await fleet.start(WORKERS);
    const settled = async (): Promise<number> => Number((await database.query({ text: 'SELECT COALESCE(sum(count), 0) AS count FROM ledger.balance_slot' }))[0].count);
    const striking = strike(fleet, payments, settled);
    const sent = await send(payments, broker);
    const committed = () => broker.committedRecords(GROUP, TOPIC, PARTITIONS);
    // The last records may be of payments that were sent twice, or were settled by a worker that was killed before it could say so.
    for (const end = Date.now() + UNTIL_DONE; await settled() < payments || await committed() < sent.records; await delay(100)) {
      if (Date.now() > end || fleet.failures.length > 0) {
        break;
      }
    }
    await striking;
    await fleet.drainAll();
    const seconds = (Date.now() - startedAt) / 1_000;
    const { doubled, lost, wrong } = await compare(payments, database);
    const uncommitted = sent.records - await committed();
    const isRight = lost === 0 && doubled === 0 && wrong === 0 && uncommitted === 0 && sent.refused === 0 && fleet.failures.length === 0;
    const count = (number: number): string => number.toLocaleString('en-US');
    return {
      status: isRight ? 'passed' : 'failed',
      detail: [
        `${count(payments)} payments, ${lost} lost, ${doubled} doubled, ${wrong} merchants with a wrong sum`,
        `${count(sent.repeated)} sent twice, in ${count(sent.records)} records of ${PARTITIONS} partitions, ${uncommitted} not committed`,
        `${fleet.killed} workers killed, ${fleet.drained} drained, ${fleet.started} started in all`,
        `Kafka ${KAFKA.version}, ${title}, ${seconds.toFixed(0)} s`,
        ...(sent.refused > 0 ? [`${sent.refused} not taken`] : []), ...fleet.failures,
      ].join('; '),
    };
  } finally {
    await fleet.close();
    await database.close();
  }
}

/** Lets faults happen as far as the payments have come. */
async function strike(fleet: WorkerFleet, payments: number, settled: () => Promise<number>): Promise<void> {
  for (const [part, fault] of FAULTS) {
    for (const end = Date.now() + UNTIL_DONE; await settled() < payments * part; await delay(50)) {
      if (Date.now() > end || fleet.failures.length > 0) {
        return;
      }
    }
    await fault(fleet);
  }
}

/** What was put into the topic. */
interface Sent {
  /** Records, each of many payments. */
  readonly records: number;
  readonly repeated: number;
  readonly refused: number;
}

async function send(payments: number, broker: KafkaBroker): Promise<Sent> {
  const log = new KafkaWriter({ brokers: [broker.address], tls: 'off', topic: TOPIC });
  const producer = new LogProducer({ log, topic: TOPIC, maximumRecordPayments: PAYMENTS_A_RECORD });
  const ends = new Map<string, number>();
  let [repeated, refused] = [0, 0];
  const offer = async (data: Uint8Array): Promise<void> => {
    while (!producer.offer(data, (delivery) => {
      if (delivery.kind === 'durable') {
        const { sequenceNumber, shardId } = delivery.position;
        ends.set(shardId, Math.max(ends.get(shardId) ?? 0, Number(sequenceNumber) + 1));
      } else {
        refused++;
      }
    })) {
      await delay(1);
    }
  };
  for (let index = 0; index < payments; index++) {
    const data = encodePaymentRecord({
      merchantId: merchantOf(index), idempotencyKey: `key-${index}`, payerId: `payer-${index % 977}`, amount: amountOf(index), currency: 'EUR', type: 'payment',
      cardToken: 'tok_1', acceptedAt: Date.now(),
    });
    await offer(data);
    if (index % REPEATED === 0) {
      repeated++;
      await offer(data);
    }
  }
  await producer.drain();
  await log.close();
  return { records: sum(ends.values()), repeated, refused };
}

/** What the books say of each merchant, against what was sent. */
async function compare(payments: number, database: PostgresqlConnections): Promise<{ lost: number; doubled: number; wrong: number }> {
  const expected = new Map<string, { count: number; amount: number }>();
  for (let index = 0; index < payments; index++) {
    const sums = expected.get(merchantOf(index)) ?? { count: 0, amount: 0 };
    expected.set(merchantOf(index), { count: sums.count + 1, amount: sums.amount + amountOf(index) });
  }
  const entries = await database.query({ text: 'SELECT merchant_id, count(*) AS count, sum(amount) AS amount FROM ledger.entry GROUP BY merchant_id' });
  const balances = await database.query({ text: 'SELECT merchant_id, count, available AS amount FROM ledger.balance' });
  let [lost, doubled, wrong] = [0, 0, 0];
  for (const rows of [entries, balances]) {
    const found = new Map(rows.map((row) => [String(row.merchant_id), { count: Number(row.count), amount: Number(row.amount) }]));
    for (const merchant of new Set([...expected.keys(), ...found.keys()])) {
      const [want, have] = [expected, found].map((sums) => sums.get(merchant) ?? { count: 0, amount: 0 });
      lost += Math.max(0, want.count - have.count);
      doubled += Math.max(0, have.count - want.count);
      wrong += want.amount === have.amount ? 0 : 1;
    }
  }
  return { lost, doubled, wrong };
}

function merchantOf(index: number): string {
  return `merchant-${index % MERCHANTS}`;
}

function amountOf(index: number): number {
  return 1 + (index * 7) % 1_000;
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) {
    total += number;
  }
  return total;
}
