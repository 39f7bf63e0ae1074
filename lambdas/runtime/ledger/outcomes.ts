import type { TableKey } from '../aws/dynamodb';
import type { StreamRecord } from '../payment/movement';
import type { RejectionReason } from '../payment/payment';
import type { ConflictCounts } from './conflict-counter';
import { isOwnWrite, isSameContent, type LedgerEntry, type Outcome } from './ledger';

// Shared, because there is one for every payment.
export const APPLIED: Outcome = { kind: 'applied' };
export const DUPLICATE: Outcome = { kind: 'duplicate', conflict: false };
export const CONFLICT: Outcome = { kind: 'duplicate', conflict: true };
export const WAITING: Outcome = { kind: 'waiting' };

export function unavailable(error: unknown): Outcome {
  return { kind: 'unavailable', error: error instanceof Error ? error : new Error(String(error)) };
}

/**
 * What becomes of a record whose key is taken: the stored row decides, and counts a conflict.
 *
 * @param key where the row lies
 * @param lostSince when the first call was made whose answer was lost, in milliseconds since 1970. @default - there was none
 */
export async function outcomeOfStored(
  conflicts: ConflictCounts, key: TableKey, entry: LedgerEntry, record: StreamRecord, deadline?: number, lostSince?: number,
): Promise<Outcome> {
  if (!isSameContent(entry, record)) {
    try {
      await conflicts.count(key, 1, deadline);
      return CONFLICT;
    } catch (error) {
      return unavailable(error);
    }
  }
  if (entry.status === 'rejected') {
    return { kind: 'rejected', reason: entry.reason as RejectionReason };
  }
  return isOwnWrite(entry, record, lostSince) ? APPLIED : DUPLICATE;
}

/** No call was made any more, because the time given for it is over. */
export class OutOfTimeError extends Error {
  public constructor() {
    super('no time left to ask the ledger');
    this.name = 'OutOfTimeError';
  }
}
