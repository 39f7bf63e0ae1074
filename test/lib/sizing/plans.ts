import { type ReferenceSizing, sizeReference } from '../../../lib/sizing/reference-plan';
import { Rate, Workload, type WorkloadProps } from '../../../lib/workload';

export { sizeReference as sizeAll, type ReferenceSizing as Sizes };

/** Sizes the payment reference at a peak. */
export function sizesAt(paymentsPerSecond: number, props: Omit<WorkloadProps, 'peak'> = {}): ReferenceSizing {
  return sizeReference(new Workload({ peak: Rate.perSecond(paymentsPerSecond), ...props }));
}
