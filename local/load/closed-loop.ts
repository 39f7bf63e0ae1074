import type { PaymentMix } from './payment-mix';
import type { PaymentSender } from './poster';

/** Most requests without an answer at a time. */
const CONCURRENT_REQUESTS = 32;
/** A client whose request got nowhere waits before the next one. */
const PAUSE_MILLISECONDS = 100;

/**
 * Sends as fast as payments settle: never more than a number of payments are on their way.
 *
 * It finds what the system settles without building a backlog that would take minutes to drain.
 */
export class ClosedLoop {
  private acknowledged = 0;
  private settled = 0;
  private stopped = false;
  private wake: () => void = () => undefined;

  constructor(
    private readonly poster: PaymentSender,
    private readonly mix: PaymentMix,
    /** Most payments that are acknowledged and not settled. */
    private readonly window: number,
  ) {}

  /** Sends for the given time. */
  async run(seconds: number): Promise<void> {
    const end = Date.now() + seconds * 1000;
    await Promise.all(Array.from({ length: CONCURRENT_REQUESTS }, () => this.client(end)));
  }

  /** Tells that payments have settled. */
  addSettled(count: number): void {
    this.settled += count;
    this.wake();
  }

  stop(): void {
    this.stopped = true;
    this.wake();
  }

  private async client(end: number): Promise<void> {
    while (!this.stopped && Date.now() < end) {
      if (this.acknowledged - this.settled >= this.window) {
        await this.room(end);
        continue;
      }
      const { acknowledged } = await this.poster.post(this.mix.nextRequest(), Date.now());
      this.acknowledged += acknowledged.length;
      acknowledged.forEach((payment) => this.mix.acknowledged(payment));
      if (acknowledged.length === 0) {
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MILLISECONDS));
      }
    }
  }

  /** Waits until something has settled, or the time is over. */
  private room(end: number): Promise<void> {
    return new Promise((resolve) => {
      const previous = this.wake;
      const timer = setTimeout(resolve, Math.max(1, end - Date.now()));
      this.wake = () => {
        clearTimeout(timer);
        this.wake = () => undefined;
        previous();
        resolve();
      };
    });
  }
}
