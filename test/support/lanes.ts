import { availableParallelism } from 'node:os';

/** Most local runs at once, however large the machine is: each is more than a dozen processes. */
const MOST_LANES = 4;

/** Local runs that this machine carries at once: each keeps about one core busy while it is not waiting. */
export function lanesOfThisMachine(): number {
  return Math.min(MOST_LANES, availableParallelism() + 1);
}

/**
 * Works on all items, at most so many at a time, and begins them in their order.
 *
 * @returns the results in the order of the items
 * @throws what the first one threw that failed, once those under way have ended; no other is begun then
 */
export async function inLanes<Item, Result>(lanes: number, items: readonly Item[], work: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  const failures: unknown[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length && failures.length === 0) {
      const index = next++;
      try {
        results[index] = await work(items[index]);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  if (failures.length > 0) {
    throw failures[0];
  }
  return results;
}
