import type { Clock } from '../retry/clock';
import type { Delivery } from './payment-stream';

/** A payment on its way. */
export interface PendingPayment {
  readonly data: Uint8Array;
  readonly settle: (delivery: Delivery) => void;
}

/** How payments are put together, and how many may be on their way. */
export interface BatchingSenderProps<Open, Sealed> {
  readonly clock: Clock;
  /** How long the first payment of a batch waits for others, in milliseconds. */
  readonly lingerMilliseconds: number;
  /** Payments taken and not yet settled, at most. */
  readonly maximumPendingPayments: number;
  /** Bytes of those payments at most. @default - no bound */
  readonly maximumPendingBytes?: number;
  /** Calls of `send` under way at once, at most. */
  readonly maximumConcurrentSends: number;
  /** Makes an empty batch. */
  readonly open: () => Open;
  /** Ends a batch: nothing is added to it any more. @returns undefined for one that is empty, which is dropped */
  readonly seal: (batch: Open) => Sealed | undefined;
  /** How many batches go in one call, from the first on: 1 or more. @default - one */
  readonly batchesOfSend?: (sealed: readonly Sealed[]) => number;
  /** Settles every payment of the batches. Never throws. */
  readonly send: (batches: readonly Sealed[]) => Promise<void>;
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
  private sends = 0;
  private pendingPayments = 0;
  private pendingBytes = 0;
  private draining = false;
  private readonly whenSettled: (() => void)[] = [];

  public constructor(private readonly props: BatchingSenderProps<Open, Sealed>) {
    this.maximumPendingBytes = props.maximumPendingBytes ?? Infinity;
  }

  /** Whether no payment must be taken now. */
  public get isFull(): boolean {
    return this.draining || this.pendingPayments >= this.props.maximumPendingPayments || this.pendingBytes >= this.maximumPendingBytes;
  }

  /** The batch that payments are added to now. */
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

  /** Counts a payment that was added to the batch. It must be settled once, by `settle`. */
  public taken({ data }: PendingPayment): void {
    this.pendingPayments++;
    this.pendingBytes += data.length;
  }

  /** Tells a payment what became of it. */
  public settle(payment: PendingPayment, delivery: Delivery): void {
    this.pendingPayments--;
    this.pendingBytes -= payment.data.length;
    payment.settle(delivery);
    if (this.pendingPayments === 0) {
      this.whenSettled.splice(0).forEach((resolve) => resolve());
    }
  }

  /** Sends the batch, if there is one that holds anything. The next payment opens another. */
  public seal(): void {
    const batch = this.open;
    this.open = undefined;
    const sealed = batch === undefined ? undefined : this.props.seal(batch);
    if (sealed !== undefined) {
      this.sealed.push(sealed);
      this.send();
    }
  }

  /** Takes no more payments and resolves when all that were taken are settled. */
  public drain(): Promise<void> {
    this.draining = true;
    this.seal();
    return new Promise((resolve) => {
      if (this.pendingPayments === 0) {
        resolve();
      } else {
        this.whenSettled.push(resolve);
      }
    });
  }

  /** Starts calls while there are batches and free places. */
  private send(): void {
    const { batchesOfSend, maximumConcurrentSends, send } = this.props;
    while (this.sealed.length > 0 && this.sends < maximumConcurrentSends) {
      const batches = this.sealed.splice(0, batchesOfSend?.(this.sealed) ?? 1);
      this.sends++;
      void send(batches).finally(() => {
        this.sends--;
        this.send();
      });
    }
  }
}
