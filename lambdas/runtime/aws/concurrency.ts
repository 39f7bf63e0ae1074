/**
 * Calls `work` for every item, with at most `limit` calls under way, and starts them in order. Waits for all that were
 * started, then throws the first error, if there was one; no further item starts after an error.
 */
export async function forEachConcurrently<Item>(
  items: readonly Item[], limit: number, work: (item: Item, index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  let failed = false;
  let failure: unknown;
  const lane = async (): Promise<void> => {
    while (next < items.length && !failed) {
      const index = next++;
      try {
        await work(items[index], index);
      } catch (error) {
        failure = failed ? failure : error;
        failed = true;
      }
    }
  };
  const lanes: Promise<void>[] = [];
  for (let started = 0; started < Math.min(limit, items.length); started++) {
    lanes.push(lane());
  }
  await Promise.all(lanes);
  if (failed) {
    throw failure;
  }
}

/** Cuts items into consecutive groups of at most `size`. */
export function chunksOf<Item>(items: readonly Item[], size: number): Item[][] {
  const chunks: Item[][] = [];
  for (let start = 0; start < items.length; start += size) {
    chunks.push(items.slice(start, start + size));
  }
  return chunks;
}
