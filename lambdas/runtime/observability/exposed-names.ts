import type { MetricName } from './metric-name';
import type { MetricIdentity } from './metric-registry';

/** Metrics that are times, in milliseconds. */
export const MILLISECONDS_METRICS: ReadonlySet<MetricName> = new Set<MetricName>([
  'SettleLatency', 'BalanceLag', 'AuditLag', 'LocatorLag', 'WarmUpDuration', 'CanaryAcceptTime', 'CanarySettleTime',
]);

/** Figures that are one to Prometheus, told apart by what became of a record. */
const OUTCOMES: Partial<Record<MetricName, readonly [kind: 'payment' | 'movement', outcome: string]>> = {
  PaymentsApplied: ['payment', 'applied'],
  PaymentsDuplicate: ['payment', 'duplicate'],
  PaymentsConflicting: ['payment', 'conflicting'],
  RefundsRejected: ['payment', 'rejected'],
  RefundsWaiting: ['payment', 'waiting'],
  MovementsApplied: ['movement', 'applied'],
  MovementsDuplicate: ['movement', 'duplicate'],
  MovementsConflicting: ['movement', 'conflicting'],
  MovementsRejected: ['movement', 'rejected'],
  MovementsWaiting: ['movement', 'waiting'],
};

/** Metrics of which one is a payment, refund or movement and what became of it: zero from the start where a process settles. */
export const OUTCOME_METRICS = Object.keys(OUTCOMES) as readonly MetricName[];

/** What a count of a handler is called by Prometheus. https://prometheus.io/docs/practices/naming/ */
export function counterIdentity(name: MetricName): MetricIdentity {
  const outcome = OUTCOMES[name];
  return outcome === undefined
    ? { name: `${underscored(name)}_total`, help: `The metric ${name} of CloudWatch, since the start of the process.` }
    : {
      name: 'payment_outcomes_total',
      help: 'Payments with refunds, and movements of held money, by what became of them.',
      labels: { kind: outcome[0], outcome: outcome[1] },
    };
}

/** What a distribution of times is called by Prometheus; none of a figure that is no time. */
export function timeIdentity(name: MetricName): MetricIdentity | undefined {
  return MILLISECONDS_METRICS.has(name)
    ? { name: `${underscored(name)}_seconds`, help: `The metric ${name} of CloudWatch, in seconds.` }
    : undefined;
}

/** `RecordsParked` as `records_parked`. */
function underscored(name: string): string {
  return name.replace(/(?<!^)([A-Z])/g, '_$1').toLowerCase();
}
