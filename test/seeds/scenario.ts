import type { ClientEntry } from './client-entry';
import type { Latency } from './simulated-process';

/** `safety`: faults everywhere. `liveness`: faults end with the load, and the backlog has to drain soon after. */
export type Mode = 'safety' | 'liveness';

/** How the system of one run is set up. Nothing in it violates an invariant by design, as finite retries would. */
export interface SystemConfiguration {
  readonly streamShards: number;
  /** Records that a shard of the stream takes in a second. */
  readonly shardRecordsPerSecond: number;
  readonly ledgerTables: number;
  readonly tableStreamShards: number;
  /** Buckets of every merchant but the hot one. */
  readonly buckets: number;
  readonly hotMerchantBuckets: number;
  readonly merchants: number;
  readonly apiTasks: number;
  /** Most payments of one record of the stream. */
  readonly recordPayments: number;
  readonly worker: {
    readonly enhancedFanOut: boolean;
    readonly batchSize: number;
    readonly batchingWindowSeconds: number;
    readonly parallelizationFactor: number;
    readonly bisect: boolean;
  };
  readonly projector: {
    readonly batchSize: number;
    readonly batchingWindowSeconds: number;
    readonly tumblingWindowSeconds: number;
    readonly bisect: boolean;
  };
  /** The second reader of the table streams; undefined without one. */
  readonly archiver: {
    readonly batchSize: number;
    readonly batchingWindowSeconds: number;
    readonly tumblingWindowSeconds: number;
    readonly bisect: boolean;
  } | undefined;
  readonly refundDelaySeconds: number;
  readonly refundWaitSeconds: number;
  readonly latency: Latency;
}

/** One request of a client: payments, or movements. It is sent again, with the same keys, until each of them has an answer that is final. */
export interface PlannedRequest {
  /** Milliseconds from the start. */
  readonly at: number;
  readonly payments: readonly ClientEntry[];
}

/** A function of the payment path. */
export type FunctionName = 'payment-worker' | 'balance-projector' | 'refund-worker' | 'audit-archiver';

/** Where a process is killed: in the middle of its work, or when the work is done and nobody knows it yet. */
export type KillMoment = 'inside' | 'after-effects';

/** A fault, with the time at which it begins in milliseconds from the start. */
export type PlannedFault = { readonly at: number } & (
  | { readonly kind: 'kill-worker'; readonly function: FunctionName; readonly moment: KillMoment; readonly delay: number }
  /** The environment freezes inside an invocation, which times out, and goes on later. */
  | { readonly kind: 'zombie-worker'; readonly function: FunctionName; readonly delay: number; readonly frozen: number }
  | { readonly kind: 'slow-handler'; readonly duration: number; readonly milliseconds: number }
  /** No concurrency is free for a function. */
  | { readonly kind: 'throttle-function'; readonly duration: number; readonly function: FunctionName }
  | { readonly kind: 'kill-api'; readonly task: number; readonly moment: KillMoment; readonly downtime: number }
  | { readonly kind: 'throttle-table'; readonly duration: number; readonly factor: number }
  | { readonly kind: 'table-unavailable'; readonly duration: number }
  /** Answers of writes are lost between services and their clients: tables, stream and queue. */
  | { readonly kind: 'lost-answers'; readonly duration: number; readonly probability: number }
  /** Answers are lost between the table's front and its engine. */
  | { readonly kind: 'lost-engine-answers'; readonly duration: number; readonly probability: number }
  | { readonly kind: 'stream-unavailable'; readonly duration: number }
  | { readonly kind: 'split' | 'merge'; readonly choice: number }
  | { readonly kind: 'roll-table-shards' }
  | { readonly kind: 'expire-iterators'; readonly duration: number; readonly probability: number }
  /** The poller of a mapping is replaced; `source` counts them: the worker's, the projector's of each table, the archiver's of each table. */
  | { readonly kind: 'restart-poller'; readonly source: number }
  /** A record of random bytes is put into the stream. */
  | { readonly kind: 'unreadable'; readonly bytes: string }
  /** The queue delivers messages again that were deleted. */
  | { readonly kind: 'queue-duplicates'; readonly duration: number; readonly probability: number }
);

/** Everything that decides a run. The seed decides what is left: latencies, jitter and the moments of chance inside faults. */
export interface Scenario {
  readonly seed: number;
  readonly mode: Mode;
  readonly configuration: SystemConfiguration;
  readonly requests: readonly PlannedRequest[];
  readonly faults: readonly PlannedFault[];
}

/** Payments of a scenario, those that are sent again with another body counted too. */
export function paymentsOf({ requests }: Scenario): number {
  return requests.reduce((sum, { payments }) => sum + payments.length, 0);
}

/** When the last fault ends and the last request is due, in milliseconds from the start. */
export function endOf({ requests, faults }: Scenario): number {
  return Math.max(0, ...requests.map(({ at }) => at), ...faults.map(faultEnd));
}

/** When a fault is over. */
export function faultEnd(fault: PlannedFault): number {
  return fault.at + ('duration' in fault ? fault.duration : 'frozen' in fault ? fault.frozen : 'downtime' in fault ? fault.downtime : 0);
}
