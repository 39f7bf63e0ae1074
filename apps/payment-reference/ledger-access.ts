import type { KinesisEventStream } from '../../constructs';
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
    PARKING_TABLE: data.parking.tableNames,
  };
}

/** What payment-api is told, but for the issuer of its clients' tokens. */
export function apiVariables(data: DataStack, { sizing, stream, workload }: KinesisEventStream): Variables {
  return {
    ...ledgerVariables(data),
    STREAM_NAME: stream.streamName,
    BALANCE_TABLE: data.balances.tableNames,
    PORT: String(DEFAULTS.tier.containerPort),
    STATUS_READS: workload.consistency.status.name,
    BALANCE_READS: data.reads.balances.consistent ? 'strong' : 'eventual',
    AUTHENTICATION: 'jwt',
    AGGREGATION_LINGER_MILLISECONDS: String(sizing.aggregation.linger.toMilliseconds()),
    AGGREGATION_MAXIMUM_BYTES: String(sizing.aggregation.maximumBytes),
    AGGREGATION_MAXIMUM_PAYMENTS: String(sizing.aggregation.maximumPayments),
    // A payment that is not settled by then has left the stream.
    RECEIPT_LIFETIME_SECONDS: String(sizing.retention.toSeconds()),
  };
}

/** What payment-worker and refund-worker are told, but for the queue's address. */
export function workerVariables(data: DataStack, workload: Workload): Variables {
  return {
    ...ledgerVariables(data),
    LEDGER_TTL_SECONDS: String(data.ledgerSizing.timeToLive.toSeconds()),
    REFUND_WINDOW_SECONDS: String(workload.refundWindow.toSeconds()),
    REFUND_WAIT_SECONDS: String(workload.refundWait.toSeconds()),
  };
}
