import { requireWholeNumber } from '../configuration/option-rules';

/** A whole number for each replica that has counted; one that has not is absent. */
export type ReplicaCounts = ReadonlyMap<string, number>;

/** For each replica the greater of both numbers: the join of two states, whichever way they travelled. */
export function greaterCounts(a: ReplicaCounts, b: ReplicaCounts): Map<string, number> {
  const merged = new Map(a);
  for (const [replica, count] of b) {
    merged.set(replica, Math.max(count, merged.get(replica) ?? 0));
  }
  return merged;
}

/** Whether each number of `b` is reached by `a`. */
export function covers(a: ReplicaCounts, b: ReplicaCounts): boolean {
  for (const [replica, count] of b) {
    if ((a.get(replica) ?? 0) < count) {
      return false;
    }
  }
  return true;
}

/** As a plain object whose members are sorted, so that equal counts make equal JSON. */
export function countsToJson(counts: ReplicaCounts): Record<string, number> {
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * Reads what `countsToJson` wrote.
 *
 * @param name of the property, for the message
 * @throws Error when it is not an object of whole numbers from 1
 */
export function countsFromJson(name: string, json: unknown): Map<string, number> {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new Error(`\`${name}\` must be an object from replica to number, got: ${JSON.stringify(json)}`);
  }
  return new Map(Object.entries(json).map(([replica, count]: [string, unknown]) => {
    requireWholeNumber(`${name}.${replica}`, count, 1);
    return [replica, count];
  }));
}

/** @throws Error when a replica has no name: all nameless ones would count as one */
export function requireReplica(replica: string): void {
  if (replica === '') {
    throw new Error('`replica` must have at least 1 character, got: ""');
  }
}
