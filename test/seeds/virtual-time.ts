import type { Clock as SourceClock } from '../../local/event-sources';
import type { Clock as RuntimeClock } from '../../lambdas/runtime/retry/clock';

interface TimedEvent {
  readonly at: number;
  /** Events of one moment happen in the order in which they were asked for. */
  readonly order: number;
  callback: (() => void) | undefined;
}

/**
 * Time that passes only from one event to the next: a heap of callbacks. After each event everything that it made ready is carried out
 * before the next one begins, so that a run is decided by its events alone.
 */
export class VirtualTime implements SourceClock, RuntimeClock {
  private readonly heap: TimedEvent[] = [];
  private order = 0;
  private carriedOut = 0;

  /** @param current where time begins, in milliseconds since 1970 */
  constructor(private current: number) {}

  /** Events carried out so far. */
  get events(): number {
    return this.carriedOut;
  }

  /** In whole milliseconds, as the machine's clock tells it. Events lie between them too. */
  now(): number {
    return Math.floor(this.current);
  }

  /** Calls back once. @returns cancels the call */
  setTimer(callback: () => void, milliseconds: number): () => void {
    const event: TimedEvent = { at: this.current + Math.max(0, milliseconds), order: this.order++, callback };
    this.push(event);
    return () => {
      event.callback = undefined;
    };
  }

  sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => this.setTimer(resolve, milliseconds));
  }

  /** Lets time pass until a moment, or until there is nothing left to happen. @param isOver asked after each event; true ends it early */
  async runUntil(moment: number, isOver: () => boolean = () => false): Promise<void> {
    await settled();
    while (this.heap.length > 0 && this.heap[0].at <= moment && !isOver()) {
      const event = this.pop();
      if (event.callback !== undefined) {
        this.current = event.at;
        this.carriedOut += 1;
        event.callback();
        await settled();
      }
    }
    if (!isOver()) {
      this.current = Math.max(this.current, moment);
    }
  }

  private push(event: TimedEvent): void {
    let index = this.heap.push(event) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(event, this.heap[parent])) {
        break;
      }
      this.heap[index] = this.heap[parent];
      index = parent;
    }
    this.heap[index] = event;
  }

  private pop(): TimedEvent {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop() as TimedEvent;
    if (heap.length > 0) {
      let index = 0;
      for (;;) {
        let child = 2 * index + 1;
        if (child >= heap.length) {
          break;
        }
        if (child + 1 < heap.length && isBefore(heap[child + 1], heap[child])) {
          child += 1;
        }
        if (!isBefore(heap[child], last)) {
          break;
        }
        heap[index] = heap[child];
        index = child;
      }
      heap[index] = last;
    }
    return first;
  }
}

function isBefore(a: TimedEvent, b: TimedEvent): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/** Resolves when no promise is ready to go on any more: the check phase of the event loop comes after all of them. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
