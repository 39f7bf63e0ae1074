import { chunksOf } from '../aws/concurrency';
import type { Clock } from '../retry/clock';
import type { Attempts } from '../retry/retry';
import type { Outcome } from './ledger';
import { unavailable } from './outcomes';
import { untilSettled } from './postgresql-attempts';

/** How several records are written in one call, in which they take effect together or not at all. */
export interface BulkWrite<Item> {
  /**
   * One attempt, as `untilSettled` makes it. It concludes what it settled.
   *
   * @returns those that are to be written again, for what decides them is an entry that has just been removed
   */
  write(items: readonly Item[], now: number, lostSince: number | undefined): Promise<readonly Item[]>;

  conclude(item: Item, outcome: Outcome): void;
}

/**
 * Writes records until the database settles each. Where it refuses a whole call, halves are sent, and theirs, until the record that it means stands
 * alone: that one is impossible.
 */
export async function settleInBulk<Item>(items: readonly Item[], attempts: Attempts, clock: Clock, bulk: BulkWrite<Item>): Promise<void> {
  let pending = items;
  const written = await untilSettled(attempts, clock, async (now, lostSince) => {
    pending = await bulk.write(pending, now, lostSince);
    return pending.length === 0 ? pending : undefined;
  });
  if (written.kind === 'failed') {
    const outcome = unavailable(written.error);
    pending.forEach((item) => bulk.conclude(item, outcome));
  } else if (written.kind === 'refused' && pending.length === 1) {
    bulk.conclude(pending[0], { kind: 'impossible', reason: written.error.message });
  } else if (written.kind === 'refused') {
    for (const half of chunksOf(pending, Math.ceil(pending.length / 2))) {
      await settleInBulk(half, attempts, clock, bulk);
    }
  }
}
