import type { Outcome } from '../ledger/ledger';
import type { MetricName, Metrics } from '../observability/metrics';
import { isMovement, type StreamRecord } from '../payment/movement';

interface OutcomeNames {
  readonly applied: MetricName;
  readonly duplicate: MetricName;
  readonly conflicting: MetricName;
  readonly rejected: MetricName;
  readonly waiting: MetricName;
}

const PAYMENTS: OutcomeNames = {
  applied: 'PaymentsApplied',
  duplicate: 'PaymentsDuplicate',
  conflicting: 'PaymentsConflicting',
  rejected: 'RefundsRejected',
  waiting: 'RefundsWaiting',
};
const MOVEMENTS: OutcomeNames = {
  applied: 'MovementsApplied',
  duplicate: 'MovementsDuplicate',
  conflicting: 'MovementsConflicting',
  rejected: 'MovementsRejected',
  waiting: 'MovementsWaiting',
};

/** Counts what became of a record, if that ends its way or it waits in the delay queue. The other outcomes are tried again or parked. */
export function countOutcome(metrics: Metrics, record: StreamRecord, outcome: Outcome): void {
  const names = isMovement(record) ? MOVEMENTS : PAYMENTS;
  switch (outcome.kind) {
    case 'applied':
    case 'rejected':
    case 'waiting':
      metrics.count(names[outcome.kind]);
      break;
    case 'duplicate':
      metrics.count(outcome.conflict ? names.conflicting : names.duplicate);
      break;
    default:
      break;
  }
}
