/** A transactional read or write costs this many times the plain one. */
export const TRANSACTION_FACTOR = 2;

/** Write units of an item: whole units, at least one. */
export function writeUnits(itemBytes: number, unitBytes: number): number {
  return Math.max(1, Math.ceil(itemBytes / unitBytes));
}

/** Read units of an item or of a page of a query: whole units, at least one; half of it when eventually consistent. */
export function readUnits(bytes: number, unitBytes: number, consistent: boolean): number {
  return Math.max(1, Math.ceil(bytes / unitBytes)) * (consistent ? 1 : 0.5);
}
