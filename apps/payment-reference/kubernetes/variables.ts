import { FUNCTION_AUTHORITIES } from '../../../constructs/database/function-authorities';
import { DEFAULTS } from '../../../constructs/defaults';
import type { CacheTier, JournalAuditTrail, KafkaEventStream, QueueWorker, Saga, ShardedDatabase, ShardedTable } from '../../../constructs';
import { KUBERNETES } from '../../../constructs/kubernetes/defaults';
import { targetNumber } from '../../../constructs/target-number';
import { ledgerTimeToLiveSeconds } from '../../../lib/sizing/stream-retention';
import type { Workload } from '../../../lib/workload';
import type { Variables } from '../ledger-access';
import type { AccessStack } from '../stacks/access-stack';
import { CONSUMER_GROUP } from './names';
import { PORTS } from './ports';

const MILLISECONDS = 1000;

/** Topic of a cell, with the brokers' addresses as `host:port` with commas between. */
export interface Topic {
  readonly stream: KafkaEventStream;
  readonly brokers: string;
}

/** What is told of the databases to whoever connects to them. */
function databaseVariables(database: ShardedDatabase): Variables {
  return { LEDGER: 'postgresql', ...database.variables };
}

/** What is told of the ledger to whoever applies payments or looks them up. */
function ledgerVariables(database: ShardedDatabase, parking: ShardedTable): Variables {
  return { ...databaseVariables(database), PARKING_TABLE: parking.tableNames };
}

/** What is told to whoever settles payments. */
function settlingVariables(workload: Workload): Variables {
  return { REFUND_WINDOW_SECONDS: String(workload.refundWindow.toSeconds()) };
}

function topicVariables({ brokers, stream }: Topic): Variables {
  return { KAFKA_BROKERS: brokers, KAFKA_TOPIC: stream.topicName };
}

/** What the pods of the API are told of. */
export interface ApiParts {
  readonly topic: Topic;
  readonly database: ShardedDatabase;
  readonly parking: ShardedTable;
  readonly profiles: ShardedTable;
  readonly cache: CacheTier;
  readonly access: AccessStack;
  /** Takes the steps of payouts. */
  readonly saga: Saga;
  /** What the cell must carry. */
  readonly workload: Workload;
}

/** Variables of the API, but for how many pods there are. */
export function apiVariables({ access, cache, database, parking, profiles, saga, topic, workload }: ApiParts): Variables {
  const { balances, status } = workload.consistency;
  return {
    ...topicVariables(topic),
    ...ledgerVariables(database, parking),
    ...cache.variables,
    PROFILE_TABLE: profiles.tableNames,
    ...access.auth.variables,
    CLIENT_PAYMENTS_PER_SECOND: String(access.clientPaymentsPerSecond),
    PORT: String(PORTS.api),
    GRPC_PORT: String(PORTS.grpc),
    METRICS_PORT: String(PORTS.metrics),
    HOLDS: 'true',
    PAYOUT_STATE_MACHINE_ARN: saga.stateMachine.stateMachineArn,
    STATUS_READS: status.name,
    // Of the same transaction as the payment: what is read of the writer misses nothing.
    BALANCE_READS: balances.name === 'eventual' ? 'eventual' : 'strong',
    AGGREGATION_LINGER_MILLISECONDS: String(targetNumber('msk.lingerMilliseconds')),
    // A payment that is not settled by then has left the topic.
    RECEIPT_LIFETIME_SECONDS: String(topic.stream.retention.toSeconds()),
    OTEL_SERVICE_NAME: 'payment-api',
    TRACE_ROOTS_PER_MILLION: '0',
  };
}

/** What the pods of the worker are told of. */
export interface WorkerParts {
  readonly topic: Topic;
  readonly database: ShardedDatabase;
  readonly parking: ShardedTable;
  readonly refunds: QueueWorker;
  /** Name of the stream of decoded events. */
  readonly eventStreamName: string;
  readonly workload: Workload;
}

/** Variables of the worker of the topic. */
export function workerVariables({ database, eventStreamName, parking, refunds, topic, workload }: WorkerParts): Variables {
  const { drainTime } = DEFAULTS.tier;
  return {
    ...topicVariables(topic),
    KAFKA_GROUP: CONSUMER_GROUP,
    ...ledgerVariables(database, parking),
    ...settlingVariables(workload),
    REFUND_QUEUE_URL: refunds.queue.queueUrl,
    EVENT_STREAM_NAME: eventStreamName,
    // Batches of partitions wait for each other to share a call, so all partitions that a worker may hold have one under way.
    WORKER_CONCURRENT_BATCHES: String(topic.stream.sizing.partitions),
    DATABASE_COLLECT_MILLISECONDS: String(targetNumber('aurora.batchMilliseconds')),
    DATABASE_BATCH_SIZE: String(targetNumber('aurora.batchPayments')),
    PORT: String(PORTS.health),
    // It gives up by itself before the kubelet does: what it then reports is why.
    DRAIN_MILLISECONDS: String((drainTime.toSeconds() - KUBERNETES.preStop.toSeconds()) * MILLISECONDS),
    OTEL_SERVICE_NAME: 'payment-worker',
  };
}

/** Variables of a function that applies in the databases; it has few connections of its own, as many run at once. */
function applyingVariables(database: ShardedDatabase, workload: Workload): Variables {
  const { DATABASE_READER_USER: _user, DATABASE_READERS: _readers, ...told } = databaseVariables(database);
  return {
    ...told,
    ...settlingVariables(workload),
    DATABASE_POOL: String(KUBERNETES.functionPool),
    NODE_EXTRA_CA_CERTS: FUNCTION_AUTHORITIES,
  };
}

/** Variables of a function that settles in the databases. */
export function functionVariables(database: ShardedDatabase, parking: ShardedTable, workload: Workload): Variables {
  return { ...applyingVariables(database, workload), PARKING_TABLE: parking.tableNames };
}

/** Variables of the steps of payouts, which ask the databases what a merchant has. */
export function payoutVariables(database: ShardedDatabase, workload: Workload): Variables {
  return { ...applyingVariables(database, workload), BALANCE_LAG_SECONDS: String(DEFAULTS.payouts.databaseLag.toSeconds()) };
}

/** Variables of the function that refunds wait for. */
export function refundVariables(database: ShardedDatabase, parking: ShardedTable, workload: Workload): Variables {
  return { ...functionVariables(database, parking, workload), REFUND_WAIT_SECONDS: String(workload.refundWait.toSeconds()) };
}

/** Variables of what looks after the ledger. */
export function upkeepVariables(database: ShardedDatabase, trail: JournalAuditTrail, workload: Workload): Variables {
  const { DATABASE_POOL: _pool, DATABASE_READERS: _readers, ...writers } = database.variables;
  return { ...writers, ...database.ownerVariables, LEDGER_TTL_SECONDS: String(ledgerTimeToLiveSeconds(workload)), ...trail.placeVariables };
}
