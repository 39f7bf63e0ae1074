import type { Clock } from '../retry/clock';
import type { Attempts } from '../retry/retry';
import { OutOfTimeError } from './outcomes';
import { isRefusedForGood, isRetryablePostgresqlError, mayHaveHappened, type PostgresqlError } from './postgresql-errors';

/** What came of a write. `refused`: it can never succeed, because of the values in it. `failed`: whether it had its effect is unknown. */
export type Written<Result> =
  | { readonly kind: 'settled'; readonly result: Result }
  | { readonly kind: 'refused'; readonly error: PostgresqlError }
  | { readonly kind: 'failed'; readonly error: unknown };

/**
 * Makes a write that may be made twice until the database settles it.
 *
 * @param write one attempt; undefined where what decides it is an entry that has just been removed, so that it is to be made again
 *
 *   - `now` when it began, in milliseconds since 1970
 *   - `lostSince` when the first attempt began whose answer was lost: what the ledger holds may be of that one. @default - there was none
 */
export async function untilSettled<Result>(
  attempts: Attempts, clock: Clock, write: (now: number, lostSince: number | undefined) => Promise<Result | undefined>,
): Promise<Written<Result>> {
  let lostSince: number | undefined;
  let failure: unknown;
  while (!attempts.isLate) {
    const now = clock.now();
    try {
      const result = await write(now, lostSince);
      attempts.succeeded();
      if (result !== undefined) {
        return { kind: 'settled', result };
      }
      failure = new Error('a stored row could not be read');
    } catch (error) {
      if (isRefusedForGood(error)) {
        return { kind: 'refused', error };
      }
      failure = error;
      if (mayHaveHappened(error)) {
        lostSince ??= now;
      }
      if (!isRetryablePostgresqlError(error)) {
        break;
      }
    }
    if (!(await attempts.again())) {
      break;
    }
  }
  return { kind: 'failed', error: failure ?? new OutOfTimeError() };
}
