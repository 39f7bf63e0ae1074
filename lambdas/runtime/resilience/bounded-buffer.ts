import { wholeFrom } from '../configuration/option-rules';

/** What happens to an item for which there is no room: it takes the place of the oldest, it is not taken, or it waits. */
export type OverflowPolicy = 'drop-oldest' | 'drop-newest' | 'block';

export interface BoundedBufferOptions<Item> {
  /** Items that it holds at most. A whole number of at least 1. */
  readonly capacity: number;
  /** @default 'block' */
  readonly overflow?: OverflowPolicy;
  /** Is told of each item that is dropped. @default - nobody is told */
  readonly onDrop?: (item: Item) => void;
}

/** Someone who waits for room. */
interface Waiter<Item> {
  readonly item: Item;
  readonly answer: (taken: boolean) => void;
}

/**
 * A queue between those who make items and those who use them up, with a bound, so that memory and waiting have one too. First in, first out.
 *
 * Which policy: `drop-oldest` where the newest counts (gauges, positions), `drop-newest` where whoever made the item can be told no (requests),
 * `block` where nothing may be lost and the maker can wait (stages of a pipeline).
 *
 * Ours, as it is passed by every payment: a ring that never grows and allocates nothing while there is room.
 */
export class BoundedBuffer<Item> {
  private readonly capacity: number;
  private readonly overflow: OverflowPolicy;
  private readonly onDrop: (item: Item) => void;
  private readonly ring: (Item | undefined)[];
  private readonly waiters = new Set<Waiter<Item>>();
  private head = 0;
  private count = 0;
  private closed = false;

  /** @throws RangeError when the capacity is no whole number of at least 1 */
  public constructor({ capacity, overflow = 'block', onDrop = () => undefined }: BoundedBufferOptions<Item>) {
    this.capacity = wholeFrom('capacity', capacity, 1);
    this.overflow = overflow;
    this.onDrop = onDrop;
    this.ring = new Array<Item | undefined>(this.capacity);
  }

  /** Items inside, those that wait for room not counted. */
  public get size(): number {
    return this.count;
  }

  /** Items that wait for room. */
  public get waiting(): number {
    return this.waiters.size;
  }

  public get isFull(): boolean {
    return this.count >= this.capacity;
  }

  /**
   * Puts an item in; without a promise when that can be decided at once.
   *
   * @param signal ends the waiting: the item is then not taken
   * @returns whether the item is inside. One that is inside can be dropped later, for a newer one
   */
  public put(item: Item, signal?: AbortSignal): boolean | Promise<boolean> {
    if (this.closed) {
      return false;
    }
    if (this.count < this.capacity) {
      this.append(item);
      return true;
    }
    switch (this.overflow) {
      case 'drop-oldest':
        this.onDrop(this.take() as Item);
        this.append(item);
        return true;
      case 'drop-newest':
        this.onDrop(item);
        return false;
      default:
        return this.wait(item, signal);
    }
  }

  /** Takes the oldest item out; undefined when there is none. */
  public take(): Item | undefined {
    if (this.count === 0) {
      return undefined;
    }
    const item = this.ring[this.head];
    this.ring[this.head] = undefined;
    this.head = (this.head + 1) % this.capacity;
    this.count--;
    this.letIn();
    return item;
  }

  /** Takes the oldest items out, up to so many. */
  public takeUpTo(most: number): Item[] {
    const items: Item[] = [];
    while (items.length < most && this.count > 0) {
      items.push(this.take() as Item);
    }
    return items;
  }

  /** Takes nothing in any more. Items that wait for room are not taken; those inside can still be taken out. */
  public close(): void {
    this.closed = true;
    const waiters = [...this.waiters];
    this.waiters.clear();
    waiters.forEach(({ answer }) => answer(false));
  }

  private append(item: Item): void {
    this.ring[(this.head + this.count) % this.capacity] = item;
    this.count++;
  }

  private letIn(): void {
    if (this.waiters.size > 0) {
      const [next] = this.waiters;
      this.waiters.delete(next);
      // Inside before anybody else can come, so that the order in which they came stays.
      this.append(next.item);
      next.answer(true);
    }
  }

  private wait(item: Item, signal: AbortSignal | undefined): Promise<boolean> {
    if (signal?.aborted) {
      return Promise.resolve(false);
    }
    return new Promise((resolve) => {
      const onAbort = (): void => {
        this.waiters.delete(waiter);
        resolve(false);
      };
      const waiter: Waiter<Item> = {
        item,
        answer: (taken) => {
          signal?.removeEventListener('abort', onAbort);
          resolve(taken);
        },
      };
      this.waiters.add(waiter);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }
}
