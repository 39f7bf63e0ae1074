interface Waiter {
  /** Keys at whose head the waiter is not yet. */
  missing: number;
  readonly granted: () => void;
}

/**
 * One holder an item at a time, first come first served.
 *
 * A request for several items takes its place in all their queues in one step, so any two requests stand in the same order
 * everywhere and cannot wait for each other.
 */
export class ItemLocks {
  /** The head of a queue holds the item. An item that nobody holds has no queue. */
  private readonly queues = new Map<string, Waiter[]>();

  /** Items that are held now. */
  public get held(): number {
    return this.queues.size;
  }

  /**
   * Asks for items.
   *
   * @param keys different keys of items.
   * @returns nothing when they are free and held from now on; else a promise of that.
   */
  public acquire(keys: readonly string[]): Promise<void> | undefined {
    let granted: () => void = () => undefined;
    const promise = new Promise<void>((resolve) => {
      granted = resolve;
    });
    const waiter: Waiter = { missing: 0, granted };
    for (const key of keys) {
      const queue = this.queues.get(key);
      if (queue === undefined) {
        this.queues.set(key, [waiter]);
      } else {
        queue.push(waiter);
        waiter.missing++;
      }
    }
    return waiter.missing === 0 ? undefined : promise;
  }

  /** Gives items back; the next in each queue moves up. */
  public release(keys: readonly string[]): void {
    for (const key of keys) {
      const queue = this.queues.get(key);
      if (queue === undefined || queue.length === 1) {
        this.queues.delete(key);
        continue;
      }
      queue.shift();
      if (--queue[0].missing === 0) {
        queue[0].granted();
      }
    }
  }
}
