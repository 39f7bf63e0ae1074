import type { Clock } from '../retry/clock';
import type { Delivery, Settle } from './payment-stream';

/** What was taken, such as a payment, and is on its way. */
export interface PendingItem {
  readonly data: Uint8Array;
  readonly settle: Settle<unknown>;
  /** Is told to `settle`. @default undefined */
  readonly token?: unknown;
}

/** How items are put together, and how many may be on their way. */
export interface BatchingSenderProps<Open, Sealed> {
  readonly clock: Clock;
  /** How long the first item of a batch waits for others, in milliseconds. */
  readonly lingerMilliseconds: number;
  /** Payments taken and not yet settled, at most. */
  readonly maximumPendingItems: number;
  /** Bytes of those payments at most. @default - no bound */
  readonly maximumPendingBytes?: number;
  /** Calls of `send` under way at once, at most. @default - no bound, for a `send` that knows one itself */
  readonly maximumConcurrentSends?: number;
  /** Makes an empty batch. */
  readonly open: () => Open;
  /** Ends a batch: nothing is added to it any more. @returns undefined for one that is empty, which is dropped */
  readonly seal: (batch: Open) => Sealed | undefined;
  /** Settles every item of the batch, in its own time. Never throws. @returns a promise where it counts as under way until that ends */
  readonly send: (batch: Sealed) => Promise<void> | void;
}

/**
 * Puts what comes within the linger time into one batch, and sends batches in their order, several at once but not more than it may.
 *
 * A batch goes when its time is over, when its owner calls it full (`seal`), and when nothing more is to come (`drain`).
 */
export class BatchingSender<Open, Sealed> {
  private open: Open | undefined;
  private readonly sealed: Sealed[] = [];
  private readonly maximumPendingBytes: number;
  private readonly maximumConcurrentSends: number;
  private sends = 0;
  private pendingItems = 0;
  private pendingBytes = 0;
  private draining = false;
  private readonly whenSettled: (() => void)[] = [];

  public constructor(private readonly props: BatchingSenderProps<Open, Sealed>) {
    this.maximumPendingBytes = props.maximumPendingBytes ?? Infinity;
    this.maximumConcurrentSends = props.maximumConcurrentSends ?? Infinity;
  }

  /** Whether no item must be taken now. */
  public get isFull(): boolean {
    return this.draining || this.pendingItems >= this.props.maximumPendingItems || this.pendingBytes >= this.maximumPendingBytes;
  }

  /** The batch that items are added to now. */
  public batch(): Open {
    if (this.open !== undefined) {
      return this.open;
    }
    const { clock, lingerMilliseconds } = this.props;
    const batch = this.props.open();
    this.open = batch;
    void clock.sleep(lingerMilliseconds).then(() => {
      if (this.open === batch) {
        this.seal();
      }
    });
    return batch;
  }

  /** Counts an item that was added to the batch. It must be settled once, by `settle`. */
  public taken({ data }: PendingItem): void {
    this.pendingItems++;
    this.pendingBytes += data.length;
  }

  /** Tells an item what became of it. */
  public settle(item: PendingItem, delivery: Delivery): void {
    this.pendingItems--;
    this.pendingBytes -= item.data.length;
    item.settle(delivery, item.token);
    if (this.pendingItems === 0) {
      this.whenSettled.splice(0).forEach((resolve) => resolve());
    }
  }

  /** Sends the batch, if there is one that holds anything. The next item opens another. */
  public seal(): void {
    const batch = this.open;
    this.open = undefined;
    const sealed = batch === undefined ? undefined : this.props.seal(batch);
    if (sealed !== undefined) {
      this.sealed.push(sealed);
      this.send();
    }
  }

  /** Takes no more items and resolves when all that were taken are settled. */
  public drain(): Promise<void> {
    this.draining = true;
    this.seal();
    return new Promise((resolve) => {
      if (this.pendingItems === 0) {
        resolve();
      } else {
        this.whenSettled.push(resolve);
      }
    });
  }

  /** Starts calls while there are batches and free places. */
  private send(): void {
    while (this.sealed.length > 0 && this.sends < this.maximumConcurrentSends) {
      const sending = this.props.send(this.sealed.shift() as Sealed);
      if (sending !== undefined) {
        this.sends++;
        void sending.finally(() => {
          this.sends--;
          this.send();
        });
      }
    }
  }
}
