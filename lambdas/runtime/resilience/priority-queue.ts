import { wholeFrom } from '../configuration/option-rules';

export interface PriorityQueueOptions<Item> {
  /** How many priorities there are: 0 is the most important. A whole number of at least 1. */
  readonly priorities: number;
  /** Items that it holds at most, over all priorities. A whole number of at least 1. */
  readonly capacity: number;
  /** Is told of each item that gives way to a more important one. @default - nobody is told */
  readonly onDisplaced?: (item: Item, priority: number) => void;
}

/**
 * A queue with a bound in which what matters most goes first; among equals the one that came first. When it is full, what matters least gives way
 * to something that matters more: of that priority the newest, as it has waited least.
 *
 * There is no ageing: while more important things keep coming, others wait. Where that must not last, give a share of the takers to them.
 *
 * Ours, as requests pass it: priorities are few, so that a list for each is faster than a heap, and keeps the order among equals.
 */
export class PriorityQueue<Item> {
  private readonly capacity: number;
  private readonly onDisplaced: (item: Item, priority: number) => void;
  private readonly levels: Level<Item>[];
  private count = 0;

  /** @throws RangeError when an option is out of its range */
  public constructor({ priorities, capacity, onDisplaced = () => undefined }: PriorityQueueOptions<Item>) {
    this.capacity = wholeFrom('capacity', capacity, 1);
    this.levels = Array.from({ length: wholeFrom('priorities', priorities, 1) }, () => new Level<Item>());
    this.onDisplaced = onDisplaced;
  }

  public get size(): number {
    return this.count;
  }

  /**
   * Puts an item in.
   *
   * @param priority 0 is the most important
   * @returns false when everything inside matters at least as much, and there is no room
   * @throws RangeError when there is no such priority
   */
  public offer(item: Item, priority: number): boolean {
    const level = this.levels[priority];
    if (level === undefined) {
      throw new RangeError(`\`priority\` must be a whole number between 0 and ${this.levels.length - 1}, got: ${priority}`);
    }
    if (this.count >= this.capacity && !this.makeRoom(priority)) {
      return false;
    }
    level.push(item);
    this.count++;
    return true;
  }

  /** Takes out what matters most; undefined when there is nothing. */
  public take(): Item | undefined {
    if (this.count === 0) {
      return undefined;
    }
    this.count--;
    return this.levels.find(({ size }) => size > 0)!.shift();
  }

  /** Lets something go that matters less. */
  private makeRoom(priority: number): boolean {
    for (let least = this.levels.length - 1; least > priority; least--) {
      if (this.levels[least].size > 0) {
        this.count--;
        this.onDisplaced(this.levels[least].pop(), least);
        return true;
      }
    }
    return false;
  }
}

/** Spent places at the front beyond which a list is cut. */
const SPENT = 1_024;

/** A list that gives at both ends without moving what is in it, but seldom. */
class Level<Item> {
  private items: (Item | undefined)[] = [];
  private head = 0;

  public get size(): number {
    return this.items.length - this.head;
  }

  public push(item: Item): void {
    this.items.push(item);
  }

  public pop(): Item {
    return this.items.pop() as Item;
  }

  public shift(): Item {
    const item = this.items[this.head] as Item;
    this.items[this.head++] = undefined;
    if (this.head === this.items.length) {
      this.items.length = 0;
      this.head = 0;
    } else if (this.head >= SPENT && this.head * 2 >= this.items.length) {
      this.items = this.items.slice(this.head);
      this.head = 0;
    }
    return item;
  }
}
