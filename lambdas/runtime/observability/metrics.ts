import { writeLine } from './standard-output';

/** Metrics of the workers. Alarms and dashboards use these names; all are counts unless a unit is given. */
export type MetricName =
  /** Payments and refunds that took effect. */
  | 'PaymentsApplied'
  /** Came again with the same fields. */
  | 'PaymentsDuplicate'
  /** Came again with other fields. */
  | 'PaymentsConflicting'
  /** Refunds without effect. */
  | 'RefundsRejected'
  /** Refunds sent to the delay queue, because their payment is not there yet. */
  | 'RefundsWaiting'
  /** Records put aside because they can never take effect. */
  | 'RecordsParked'
  /** Records (or queue messages) left for another delivery. */
  | 'RecordsLeftForRetry'
  /** The ledger kept being unavailable and is left alone for a moment. */
  | 'LedgerCircuitOpened'
  | 'LedgerCircuitClosed'
  /** From acceptance to settlement, in milliseconds, sampled. */
  | 'SettleLatency'
  | 'BalanceRowsWritten'
  /** Rows that were not as they were read and had to be read again. */
  | 'BalanceWriteConflicts'
  /** Effects that a balance contained already. */
  | 'BalanceReplaysDropped'
  /** From settlement to the balance, in milliseconds, of the newest record of a batch. */
  | 'BalanceLag'
  /** Changes of the ledger that became part of the audit archive. */
  | 'ChangesArchived'
  | 'AuditObjectsWritten'
  /** Heads of chains that were not as they were read and had to be read again. */
  | 'AuditHeadConflicts'
  /** From settlement to the archive, in milliseconds, of the newest record of a batch. */
  | 'AuditLag';

const MILLISECONDS_METRICS: ReadonlySet<MetricName> = new Set<MetricName>(['SettleLatency', 'BalanceLag', 'AuditLag']);

/** Values of one metric in one log event of the embedded metric format. */
const MAXIMUM_VALUES = 100;

/** Figures of one batch. */
export interface Metrics {
  /** Adds to a count. */
  count(name: MetricName, by?: number): void;
  /** Adds a value to a distribution; values above the hundredth in a batch are left out. */
  observe(name: MetricName, value: number): void;
  /** Publishes what came together since the last time. */
  flush(): void;
}

export interface EmbeddedMetricsOptions {
  /** Value of the dimension `FunctionName`. */
  readonly functionName: string;
  /** @default HighThroughput */
  readonly namespace?: string;
  /** @default - standard output */
  readonly write?: (line: string) => void;
  /** @default Date.now */
  readonly now?: () => number;
}

/** Publishes metrics as one log line a batch, in CloudWatch's embedded metric format: no call, no cost a payment. */
export class EmbeddedMetrics implements Metrics {
  private readonly functionName: string;
  private readonly namespace: string;
  private readonly write: (line: string) => void;
  private readonly now: () => number;
  private readonly counts = new Map<MetricName, number>();
  private readonly values = new Map<MetricName, number[]>();

  public constructor(options: EmbeddedMetricsOptions) {
    this.functionName = options.functionName;
    this.namespace = options.namespace ?? 'HighThroughput';
    this.write = options.write ?? writeLine;
    this.now = options.now ?? Date.now;
  }

  public count(name: MetricName, by = 1): void {
    if (by !== 0) {
      this.counts.set(name, (this.counts.get(name) ?? 0) + by);
    }
  }

  public observe(name: MetricName, value: number): void {
    const values = this.values.get(name);
    if (values === undefined) {
      this.values.set(name, [value]);
    } else if (values.length < MAXIMUM_VALUES) {
      values.push(value);
    }
  }

  public flush(): void {
    const figures = new Map<MetricName, number | number[]>([...this.counts, ...this.values]);
    this.counts.clear();
    this.values.clear();
    if (figures.size === 0) {
      return;
    }
    const metrics = [...figures.keys()].map((name) => ({ Name: name, Unit: MILLISECONDS_METRICS.has(name) ? 'Milliseconds' : 'Count' }));
    this.write(JSON.stringify({
      _aws: {
        Timestamp: this.now(),
        CloudWatchMetrics: [{ Namespace: this.namespace, Dimensions: [['FunctionName']], Metrics: metrics }],
      },
      FunctionName: this.functionName,
      ...Object.fromEntries(figures),
    }));
  }
}
