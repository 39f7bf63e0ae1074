import type { Outcome } from '../ledger/ledger';
import type { Metrics } from '../observability/metrics';

/** Counts an outcome that ends the way of a payment or refund. */
export function countOutcome(metrics: Metrics, outcome: Outcome): void {
  switch (outcome.kind) {
    case 'applied':
      metrics.count('PaymentsApplied');
      break;
    case 'duplicate':
      metrics.count(outcome.conflict ? 'PaymentsConflicting' : 'PaymentsDuplicate');
      break;
    case 'rejected':
      metrics.count('RefundsRejected');
      break;
    default:
      // The others are not the end: they wait, are tried again or are parked.
      break;
  }
}
