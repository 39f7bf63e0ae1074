import { wholeFrom } from '../configuration/option-rules';

/** There is neither a free place nor room to wait for one. */
export class BulkheadFullError extends Error {
  public constructor(concurrency: number, queue: number) {
    super(`${concurrency} calls are under way and ${queue} wait: no more are taken`);
    this.name = 'BulkheadFullError';
  }
}

export interface BulkheadOptions {
  /** Calls under way at once. A whole number of at least 1. */
  readonly concurrency: number;
  /** Calls that may wait for a place. A whole number of at least 0. @default 0 */
  readonly queue?: number;
}

/**
 * Keeps a dependency that has become slow from taking up all of a process: so many calls at once, so many that wait, and no more. Who waits
 * longest goes first.
 *
 * Ours, as it is asked for every call to a dependency: entering and leaving cost nothing but a count while there are places.
 */
export class Bulkhead {
  private readonly concurrency: number;
  private readonly queue: number;
  /** In the order in which they came. */
  private readonly waiters = new Set<() => void>();
  private under = 0;

  /** @throws RangeError when an option is out of its range */
  public constructor({ concurrency, queue = 0 }: BulkheadOptions) {
    this.concurrency = wholeFrom('concurrency', concurrency, 1);
    this.queue = wholeFrom('queue', queue, 0);
  }

  /** Calls under way. */
  public get running(): number {
    return this.under;
  }

  /** Calls that wait for a place. */
  public get waiting(): number {
    return this.waiters.size;
  }

  /** Takes a place if one is free and nobody waits for it. Whoever got one gives it back with `leave`. */
  public tryEnter(): boolean {
    if (this.under >= this.concurrency) {
      return false;
    }
    this.under++;
    return true;
  }

  /**
   * Takes a place, or waits for one.
   *
   * @param signal ends the waiting
   * @returns undefined when there was one at once
   * @throws BulkheadFullError, at once or by the promise the reason of the signal
   */
  public enter(signal?: AbortSignal): Promise<void> | undefined {
    if (this.tryEnter()) {
      return undefined;
    }
    if (this.waiters.size >= this.queue) {
      throw new BulkheadFullError(this.concurrency, this.queue);
    }
    return new Promise((resolve, reject) => {
      const go = (): void => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      };
      const onAbort = (): void => {
        this.waiters.delete(go);
        reject(signal!.reason);
      };
      if (signal?.aborted) {
        onAbort();
        return;
      }
      this.waiters.add(go);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Gives a place back: to who waits longest, if anybody does. @throws Error when nobody had entered */
  public leave(): void {
    const [next] = this.waiters;
    if (next !== undefined) {
      // The place goes from hand to hand, so that nobody who comes just now takes it.
      this.waiters.delete(next);
      next();
    } else if (this.under > 0) {
      this.under--;
    } else {
      throw new Error('a bulkhead was left that nobody had entered');
    }
  }

  /** Makes a call in a place of its own. @throws BulkheadFullError, the reason of the signal, or what the call throws */
  public async run<Result>(work: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    await this.enter(signal);
    try {
      return await work();
    } finally {
      this.leave();
    }
  }
}
