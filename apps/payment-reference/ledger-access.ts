import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { KinesisEventStream, QueueWorker } from '../../constructs';
import { DEFAULTS } from '../../constructs/defaults';
import type { Workload } from '../../lib/workload';
import type { DataStack } from './stacks/data-stack';

/** Environment variables of a handler. */
export interface Variables {
  readonly [name: string]: string;
}

/** What every handler that knows the ledger is told of it. */
function ledgerVariables(data: DataStack): Variables {
  return {
    LEDGER_TABLES: data.ledger.tableNames,
    LEDGER_BUCKETS: JSON.stringify({ default: data.ledgerSizing.bucketsPerMerchant, merchants: {} }),
    ...data.directory.variablesFor('LEDGER_'),
    PARKING_TABLE: data.parking.tableNames,
  };
}

/** What every API is told, whether it settles payments itself or puts them on a stream. */
function apiVariables(data: DataStack, workload: Workload): Variables {
  return {
    ...ledgerVariables(data),
    BALANCE_TABLE: data.balances.tableNames,
    PORT: String(DEFAULTS.tier.containerPort),
    STATUS_READS: workload.consistency.status.name,
    BALANCE_READS: data.reads.balances.consistent ? 'strong' : 'eventual',
  };
}

/** What an API is told that puts payments on a stream, but for who its clients are. */
export function streamingApiVariables(data: DataStack, { sizing, stream, workload }: KinesisEventStream): Variables {
  return {
    ...apiVariables(data, workload),
    STREAM_NAME: stream.streamName,
    AGGREGATION_LINGER_MILLISECONDS: String(sizing.aggregation.linger.toMilliseconds()),
    AGGREGATION_MAXIMUM_BYTES: String(sizing.aggregation.maximumBytes),
    AGGREGATION_MAXIMUM_PAYMENTS: String(sizing.aggregation.maximumPayments),
    // A payment that is not settled by then has left the stream.
    RECEIPT_LIFETIME_SECONDS: String(sizing.retention.toSeconds()),
  };
}

/** What an API is told that settles payments itself, but for who its clients are. */
export function settlingApiVariables(data: DataStack, workload: Workload, refunds: QueueWorker): Variables {
  return { ...apiVariables(data, workload), ...settlingVariables(data, workload), REFUND_QUEUE_URL: refunds.queue.queueUrl };
}

/** What payment-worker and refund-worker are told, but for the queue's address. */
export function workerVariables(data: DataStack, workload: Workload): Variables {
  return { ...ledgerVariables(data), ...settlingVariables(data, workload) };
}

/** What the steps of payouts are told of the ledger and its balances. */
export function payoutVariables(data: DataStack, workload: Workload): Variables {
  return {
    ...workerVariables(data, workload),
    BALANCE_TABLE: data.balances.tableNames,
    BALANCE_LAG_SECONDS: String(DEFAULTS.payouts.balanceLag.toSeconds()),
  };
}

function settlingVariables(data: DataStack, workload: Workload): Variables {
  return {
    LEDGER_TTL_SECONDS: String(data.ledgerSizing.timeToLive.toSeconds()),
    REFUND_WINDOW_SECONDS: String(workload.refundWindow.toSeconds()),
    REFUND_WAIT_SECONDS: String(workload.refundWait.toSeconds()),
  };
}

/** What placing holds takes: new rows, and a look at the row of a key that is taken. No row is changed, and none looked for but by its key. */
export function grantHold({ ledger, parking }: DataStack, worker: IGrantable): void {
  ledger.grantInsert(worker);
  ledger.grantRead(worker);
  parking.grantPut(worker);
}

/** What settling a payment takes: new rows, transactions for refunds, a counter of conflicts, and a parking place. Never a deletion. */
export function grantSettle({ ledger, parking }: DataStack, worker: IGrantable): void {
  ledger.grantInsert(worker);
  ledger.grantPut(worker);
  ledger.grantUpdate(worker);
  ledger.grantRead(worker);
  ledger.grantTransact(worker);
  parking.grantPut(worker);
}

/** What the steps of payouts take: as settling, and a look at what a merchant has. */
export function grantPayouts(data: DataStack, steps: IGrantable): void {
  grantSettle(data, steps);
  data.balances.grantRead(steps);
}
