import type { StreamRecord } from '../payment/movement';
import { contentOf, type EntryContent, isSameContent, type Outcome } from './ledger';
import { APPLIED, CONFLICT, DUPLICATE } from './outcomes';

/** One key of a batch on its way into the ledger. */
export interface KeyedRecord {
  readonly record: StreamRecord;
  /** Position of the record in the batch. */
  readonly index: number;
  /** Positions of later records with the same key. */
  readonly followers: number[];
  /** What the ledger held under the key before; once that is known. */
  stored?: EntryContent;
  outcome?: Outcome;
}

/**
 * Applies a batch in which keys may be equal, a record of each key at a time. The first of a key counts as the earlier one; the others meet what the
 * ledger holds after it.
 *
 * @param settle gives each of them its outcome, and `stored` where the ledger held another record
 * @returns outcomes in the order of the records
 */
export async function applyDistinctKeys(
  records: readonly StreamRecord[], settle: (distinct: readonly KeyedRecord[]) => Promise<void>,
): Promise<Outcome[]> {
  const outcomes = new Array<Outcome>(records.length);
  let left = records.map((_, index) => index);
  while (left.length > 0) {
    const distinct = groupByKey(records, left);
    await settle(distinct);
    left = [];
    for (const keyed of distinct) {
      outcomes[keyed.index] = keyed.outcome as Outcome;
      for (const follower of keyed.followers) {
        if (keyed.outcome?.kind === 'impossible') {
          // The first of the key cannot be stored, so the next one becomes the first.
          left.push(follower);
        } else {
          outcomes[follower] = followerOutcome(keyed, records[follower]);
        }
      }
    }
  }
  return outcomes;
}

function groupByKey(records: readonly StreamRecord[], indexes: readonly number[]): KeyedRecord[] {
  const byKey = new Map<string, KeyedRecord>();
  for (const index of indexes) {
    const record = records[index];
    const text = identityText(record.merchantId, record.idempotencyKey);
    const first = byKey.get(text);
    if (first === undefined) {
      byKey.set(text, { record, index, followers: [] });
    } else {
      first.followers.push(index);
    }
  }
  return [...byKey.values()];
}

/** One text for both parts of an identity. The length keeps `a` + `bc` and `ab` + `c` apart. */
export function identityText(merchantId: string, idempotencyKey: string): string {
  return `${merchantId.length}:${merchantId}${idempotencyKey}`;
}

/** A later record of the batch with the same key meets what the ledger holds now. */
function followerOutcome(first: KeyedRecord, follower: StreamRecord): Outcome {
  if (first.stored === undefined && first.outcome !== APPLIED) {
    return first.outcome as Outcome;
  }
  return isSameContent(first.stored ?? contentOf(first.record), follower) ? DUPLICATE : CONFLICT;
}
