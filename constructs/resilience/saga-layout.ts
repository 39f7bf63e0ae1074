import type { SagaLayout } from '../../lib/sizing';

/** A saga by its outline: what counts is which parts there are. */
export interface SagaOutline {
  readonly steps: readonly { readonly compensation?: unknown }[];
  readonly unfinished?: unknown;
}

/** How many tasks of each kind a saga has. */
export function sagaLayout({ steps, unfinished }: SagaOutline): SagaLayout {
  return {
    actions: steps.length,
    compensations: steps.filter(({ compensation }) => compensation !== undefined).length,
    // Parking, and before it the task that may make it needless.
    endings: 1 + Number(unfinished !== undefined),
  };
}
