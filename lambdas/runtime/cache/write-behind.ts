import { randomUUID } from 'node:crypto';
import { positive, wholeFrom } from '../configuration/option-rules';
import { BoundedMap } from '../http/bounded-map';
import { type Deferred, deferred } from '../retry/deferred';
import { systemTimers, type Timers } from '../retry/timers';
import type { WritableCache } from './write-through';

/** A value to be written, or null for one to be taken away. */
export interface Write<Value> {
  /** Tells writes apart. A queue keeps it. */
  readonly id: string;
  readonly key: string;
  readonly value: Value | null;
}

/**
 * A queue that outlives processes. What is in it is the promise of a write-behind, so that it must be as durable as the promise: a FIFO queue of
 * Amazon SQS with a message group for each key, a stream, a table.
 */
export interface WriteQueue<Value> {
  /** Puts writes at the end, in their order. Once it resolves, they are durable; when it rejects, each may be inside or not. */
  append(writes: readonly Write<Value>[]): Promise<void>;
  /** The oldest writes, up to so many, in their order. They stay inside, and those of their keys go to nobody else, until they are removed. */
  take(most: number): Promise<readonly Write<Value>[]>;
  /** Removes writes that `take` gave. */
  remove(writes: readonly Write<Value>[]): Promise<void>;
}

/** More waits to become durable than may be lost. */
export class WriteBehindFullError extends Error {
  public constructor(writes: number) {
    super(`${writes} writes wait for the queue: no more are taken`);
    this.name = 'WriteBehindFullError';
  }
}

export interface WriteBehindOptions<Value> {
  readonly queue: WriteQueue<Value>;
  /** Writes values where they are to be in the end, each key once. Called again with what it may have written already. */
  readonly write: (writes: readonly Write<Value>[]) => Promise<void>;
  /** @default - none */
  readonly cache?: WritableCache<Value>;
  /** Writes that are not yet durable, at most: what is lost with the process of who does not wait. A whole number of at least 1. @default 1000 */
  readonly maximumUnqueued?: number;
  /** Writes that are taken from the queue together. A whole number of at least 1. @default 100 */
  readonly batch?: number;
  /** After how long a write is tried again that failed, in milliseconds. Above 0. @default 1000 */
  readonly againMilliseconds?: number;
  /** Is told of failed writes; they are tried again. @default - nobody is told */
  readonly onError?: (error: unknown) => void;
  /** @default - those of the machine */
  readonly timers?: Timers;
}

/** Keys whose newest write is remembered at least. */
const REMEMBERED_KEYS = 10_000;

/** Writes that become durable together. */
interface Appending<Value> {
  readonly writes: Write<Value>[];
  readonly done: Deferred<void>;
}

/**
 * Answers a write once it is in a durable queue, and carries it to where it is to be later, in larger batches; of many writes of one key the last
 * alone. For stores that are slow or that bill every write, and values of which the last counts.
 *
 * What can be lost: nothing that `put` resolved for, as long as the queue keeps what it took. Of those who do not wait for it, at most
 * `maximumUnqueued` writes. What can be old: everybody but this process reads the value before, for as long as the queue is behind.
 */
export class WriteBehind<Value> {
  private readonly options: WriteBehindOptions<Value>;
  private readonly maximumUnqueued: number;
  private readonly batch: number;
  private readonly againMilliseconds: number;
  private readonly timers: Timers;
  private readonly onError: (error: unknown) => void;
  /** Id of the newest write of each key that this process made durable and has not seen carried on. */
  private readonly newest = new BoundedMap<string, string>(REMEMBERED_KEYS);
  /** Ids of the writes on their way into the queue. */
  private readonly underWay = new Set<string>();
  private readonly process = randomUUID();
  private made = 0;
  private unqueued = 0;
  private next: Appending<Value> | undefined;
  private appending = false;
  private carrying: Promise<void> | undefined;
  private again: (() => void) | undefined;

  /** @throws RangeError when an option is out of its range */
  public constructor(options: WriteBehindOptions<Value>) {
    this.options = options;
    this.maximumUnqueued = wholeFrom('maximumUnqueued', options.maximumUnqueued ?? 1_000, 1);
    this.batch = wholeFrom('batch', options.batch ?? 100, 1);
    this.againMilliseconds = positive('againMilliseconds', options.againMilliseconds ?? 1_000);
    this.timers = options.timers ?? systemTimers;
    this.onError = options.onError ?? (() => undefined);
  }

  /**
   * Writes a value, or null to take one away.
   *
   * @returns resolves once the write is durable in the queue
   * @throws WriteBehindFullError at once, or by the promise what the queue throws: the write may then happen all the same
   */
  public put(key: string, value: Value | null): Promise<void> {
    if (this.unqueued >= this.maximumUnqueued) {
      throw new WriteBehindFullError(this.unqueued);
    }
    this.unqueued++;
    this.next ??= openAppending();
    this.next.writes.push({ id: `${this.process}-${++this.made}`, key, value });
    const { promise } = this.next.done;
    if (!this.appending) {
      this.appending = true;
      void this.append();
    }
    return promise;
  }

  /** Carries on what is in the queue, until it is empty. @throws what taking from the queue, writing or removing throws */
  public flush(): Promise<void> {
    this.carrying ??= this.carry().finally(() => { this.carrying = undefined; });
    return this.carrying;
  }

  /** One appending at a time, so that writes keep their order; what comes meanwhile goes together with the next. */
  private async append(): Promise<void> {
    while (this.next !== undefined) {
      const { writes, done } = this.next;
      this.next = undefined;
      try {
        writes.forEach(({ id }) => this.underWay.add(id));
        await this.options.queue.append(writes);
        for (const write of writes) {
          await this.durable(write);
        }
        done.resolve();
      } catch (error) {
        writes.forEach(({ id }) => this.underWay.delete(id));
        done.reject(error);
      }
      this.unqueued -= writes.length;
      this.carryOn();
    }
    this.appending = false;
  }

  private carryOn(): void {
    if (this.carrying === undefined && this.again === undefined) {
      void this.flush().catch((error: unknown) => {
        this.onError(error);
        this.again ??= this.timers.after(this.againMilliseconds, () => {
          this.again = undefined;
          this.carryOn();
        });
      });
    }
  }

  private async carry(): Promise<void> {
    for (;;) {
      const taken = await this.options.queue.take(this.batch);
      if (taken.length === 0) {
        return;
      }
      const last = new Map(taken.map((write) => [write.key, write]));
      await this.options.write([...last.values()]);
      await this.options.queue.remove(taken);
      for (const write of taken) {
        await this.settled(write, last.get(write.key) === write);
      }
    }
  }

  private async durable({ id, key, value }: Write<Value>): Promise<void> {
    // One that was carried on before its queue answered is in the cache by now.
    if (this.underWay.delete(id)) {
      this.newest.set(key, id);
      await this.options.cache?.put(key, value);
    }
  }

  /** The store has it. Somebody who found nothing in the cache may have put there what the store had before. */
  private async settled({ id, key, value }: Write<Value>, isLast: boolean): Promise<void> {
    const isOwn = this.underWay.delete(id) || this.newest.get(key) === id;
    if (!isLast) {
      return;
    }
    if (isOwn) {
      this.newest.delete(key);
      await this.options.cache?.put(key, value);
    } else if (this.newest.get(key) === undefined) {
      await this.options.cache?.invalidate(key);
    }
  }
}

function openAppending<Value>(): Appending<Value> {
  const done = deferred();
  // Who does not wait must not end the process with it.
  done.promise.catch(() => undefined);
  return { writes: [], done };
}
