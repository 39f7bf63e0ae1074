/** What lies somewhere in a batch. */
export interface Placed {
  readonly record: { readonly position: number; readonly index: number };
}

/** An aggregate has fewer records than this. */
const MOST_OF_ONE = 2 ** 20;

/** Where it lies, as a number. */
export function placeInBatch({ record: { index, position } }: Placed): number {
  return position * MOST_OF_ONE + index;
}

/** Compares by where they lie. */
export function inOrder(one: Placed, other: Placed): number {
  return placeInBatch(one) - placeInBatch(other);
}

/** Entries that wait for nobody, and those that wait for others of their lane. */
export function lanesOf<Each extends { readonly lane: string | undefined }>(entries: readonly Each[]): { free: readonly Each[]; lanes: Each[][] } {
  if (entries.every(({ lane }) => lane === undefined)) {
    return { free: entries, lanes: [] };
  }
  const lanes = new Map<string, Each[]>();
  const free: Each[] = [];
  for (const entry of entries) {
    if (entry.lane === undefined) {
      free.push(entry);
    } else {
      const lane = lanes.get(entry.lane);
      if (lane === undefined) {
        lanes.set(entry.lane, [entry]);
      } else {
        lane.push(entry);
      }
    }
  }
  return { free, lanes: [...lanes.values()] };
}
