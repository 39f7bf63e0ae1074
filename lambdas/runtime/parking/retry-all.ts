import type { ListedEntry } from './parked-entries';
import type { ParkedName } from './parked-item';
import type { ParkedOperations, RetryOutcome } from './parked-operations';

/** Entries that are put back at a time. */
const ROUND = 50;

export interface RetryAllResult {
  /** Entries that were tried, by what became of them. */
  readonly counts: ReadonlyMap<RetryOutcome['kind'], number>;
  /** Entries that were not tried, because nothing of a whole round could be settled. */
  readonly left: number;
}

/**
 * Retries entries, a round after the other, each round at once. It stops when a round settles nothing: what is still broken is not put into the
 * stream by the thousand.
 *
 * @param entries are all found before the first of them is retried, so that what is parked again is not met again
 * @param onOutcome is told of each
 */
export async function retryAll(
  operations: Pick<ParkedOperations, 'retry'>, entries: AsyncIterable<ListedEntry>, onOutcome: (name: ParkedName, outcome: RetryOutcome) => void,
): Promise<RetryAllResult> {
  const names: ParkedName[] = [];
  for await (const { name } of entries) {
    names.push(name);
  }
  const counts = new Map<RetryOutcome['kind'], number>();
  let start = 0;
  for (let settled = true; settled && start < names.length; start += ROUND) {
    settled = false;
    await Promise.all(names.slice(start, start + ROUND).map(async (name) => {
      const outcome = await operations.retry(name);
      settled ||= outcome.kind === 'settled';
      counts.set(outcome.kind, (counts.get(outcome.kind) ?? 0) + 1);
      onOutcome(name, outcome);
    }));
  }
  return { counts, left: Math.max(0, names.length - start) };
}
