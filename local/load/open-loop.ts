import type { SeededRandom } from '../random/seeded-random';
import { MEAN_PAYMENTS_PER_REQUEST, type ClientPayment, type PaymentMix } from './payment-mix';
import type { Poster } from './poster';

const RETRY_SHARE = 0.01;
const LONGEST_RETRY_DELAY_MILLISECONDS = 2_000;

/** Sends payments at a stated rate, whatever the answers do: arrivals are a Poisson process, as those of independent clients are. */
export class OpenLoop {
  private readonly requests = new Set<Promise<void>>();
  private stopped = false;

  constructor(
    private readonly poster: Poster,
    private readonly mix: PaymentMix,
    private readonly random: SeededRandom,
  ) {}

  /** Sends for the given time, then waits for the last answer. */
  async run(paymentsPerSecond: number, seconds: number): Promise<void> {
    const meanGap = (1000 * MEAN_PAYMENTS_PER_REQUEST) / paymentsPerSecond;
    const start = Date.now();
    const end = start + seconds * 1000;
    const retries: { at: number; payment: ClientPayment }[] = [];
    let due = start + this.random.exponential(meanGap);
    while (!this.stopped && Date.now() < end) {
      const now = Date.now();
      for (; due <= now && due < end; due += this.random.exponential(meanGap)) {
        this.send(this.mix.nextRequest(), due, retries);
      }
      for (let index = retries.length - 1; index >= 0; index--) {
        if (retries[index].at <= now) {
          this.send([retries[index].payment], retries[index].at, undefined);
          retries.splice(index, 1);
        }
      }
      await new Promise((resolve) => setTimeout(resolve, Math.max(1, Math.min(due, end) - Date.now())));
    }
    await Promise.all(this.requests);
  }

  stop(): void {
    this.stopped = true;
  }

  /** @param retries where a client's own retry of a payment is noted; undefined for requests that are such retries. */
  private send(payments: readonly ClientPayment[], due: number, retries: { at: number; payment: ClientPayment }[] | undefined): void {
    for (const payment of retries === undefined ? [] : payments) {
      if (this.random.next() < RETRY_SHARE) {
        retries!.push({ at: due + this.random.integer(1, LONGEST_RETRY_DELAY_MILLISECONDS), payment });
      }
    }
    const request = this.poster.post(payments, due).then((acknowledged) => {
      // A retried payment is refundable once, as the payment that it repeats.
      if (retries !== undefined) {
        acknowledged.forEach((payment) => this.mix.acknowledged(payment));
      }
    });
    this.requests.add(request);
    void request.finally(() => this.requests.delete(request));
  }
}
