/** Entries that are worked on one after the other. */
interface Lane<Entry> {
  readonly entries: readonly Entry[];
  at: number;
}

/**
 * Lanes by what is first in them: always the earliest entry is next of whose lane nothing is under way. So a delivery that has little time does
 * what is first in it, however long a lane is.
 */
export class LaneQueue<Entry> {
  /** A binary heap. */
  private readonly lanes: Lane<Entry>[] = [];

  /** @param order where an entry lies in the batch */
  public constructor(lanes: readonly (readonly Entry[])[], private readonly order: (entry: Entry) => number) {
    lanes.forEach((entries) => this.add({ entries, at: 0 }));
  }

  /** Takes out the lane whose first entry is the earliest. */
  public take(): Lane<Entry> | undefined {
    const [first] = this.lanes;
    const last = this.lanes.pop();
    if (last !== undefined && last !== first) {
      this.lanes[0] = last;
      this.sink();
    }
    return first;
  }

  /** Puts a lane back whose first entry is done. */
  public advance(lane: Lane<Entry>): void {
    lane.at++;
    if (lane.at < lane.entries.length) {
      this.add(lane);
    }
  }

  private add(lane: Lane<Entry>): void {
    let child = this.lanes.push(lane) - 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!this.isBefore(child, parent)) {
        return;
      }
      this.swap(child, parent);
      child = parent;
    }
  }

  private sink(): void {
    for (let parent = 0; ;) {
      const left = 2 * parent + 1;
      const child = left + 1 < this.lanes.length && this.isBefore(left + 1, left) ? left + 1 : left;
      if (child >= this.lanes.length || !this.isBefore(child, parent)) {
        return;
      }
      this.swap(child, parent);
      parent = child;
    }
  }

  private isBefore(one: number, other: number): boolean {
    return this.headOf(one) < this.headOf(other);
  }

  private headOf(index: number): number {
    const { at, entries } = this.lanes[index];
    return this.order(entries[at]);
  }

  private swap(one: number, other: number): void {
    [this.lanes[one], this.lanes[other]] = [this.lanes[other], this.lanes[one]];
  }
}
