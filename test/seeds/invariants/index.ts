import type { Observation } from '../simulation';
import { completeArchive } from './archive';
import { conservation, exactlyOnce, idempotentAnswers, nothingLost, parkingComplete } from './books';
import { boundedRetries, completeLedger, liveness, order } from './path';
import type { Violation } from './violation';

export { checkOnTheWay, Snapshots } from './on-the-way';
export type { Violation } from './violation';

/**
 * What has to hold at the end, in the order in which it is reported: a system that has not come to rest cannot be judged by its books, so
 * that liveness comes first.
 */
const AT_END: readonly { readonly invariant: string; readonly check: (observation: Observation) => string[] }[] = [
  { invariant: 'PORTS', check: ({ leaks }) => [...new Set(leaks)].map((leak) => `${leak} was used past the ports of the simulation`) },
  { invariant: 'INV7', check: liveness },
  { invariant: 'INV2', check: exactlyOnce },
  { invariant: 'INV3', check: nothingLost },
  { invariant: 'INV5', check: (observation) => [...completeLedger(observation), ...completeArchive(observation)] },
  { invariant: 'INV1', check: conservation },
  { invariant: 'INV4', check: order },
  { invariant: 'INV6', check: idempotentAnswers },
  { invariant: 'INV8', check: boundedRetries },
  { invariant: 'INV10', check: parkingComplete },
];

/** Everything that does not hold at the end of a run, one violation for each invariant. */
export function checkAtEnd(observation: Observation): Violation[] {
  return AT_END.flatMap(({ invariant, check }) => {
    const found = check(observation);
    return found.length === 0 ? [] : [{ invariant, text: found.length === 1 ? found[0] : `${found[0]} (and ${found.length - 1} more)` }];
  });
}
