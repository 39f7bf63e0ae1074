import { ApiClient } from './api-client';
import type { OutcomeSender } from './outcome-channel';
import type { SentPayment } from './outcome';
import type { ClientPayment } from './payment-mix';

/** A payment may leave this long after it was due before it counts as late. */
const LATE_AFTER_MILLISECONDS = 100;

/** Posts payments the way a client does, and reports what became of each. */
export class Poster {
  private inFlight = 0;
  private next = 0;

  constructor(
    private readonly clients: readonly ApiClient[],
    private readonly outcomes: OutcomeSender,
  ) {}

  get unanswered(): number {
    return this.inFlight;
  }

  /**
   * Posts one request and reports the outcome of each of its payments.
   *
   * @returns the payments that were acknowledged.
   */
  async post(payments: readonly ClientPayment[], scheduledAt: number): Promise<ClientPayment[]> {
    const client = this.clients[this.next++ % this.clients.length];
    const isLate = Date.now() - scheduledAt > LATE_AFTER_MILLISECONDS;
    this.inFlight++;
    const single = payments.length === 1;
    const body = Buffer.from(JSON.stringify(single ? payments[0] : { payments }));
    const answer = await client.post(single ? '/payments' : '/payments:batch', body);
    this.inFlight--;
    const answeredAt = Date.now();
    const statuses = single ? [answer.status] : batchStatuses(answer.status, answer.body, payments.length);
    payments.forEach((payment, index) =>
      this.outcomes.send({ payment: sentPayment(payment), status: statuses[index], scheduledAt, answeredAt, late: isLate }),
    );
    return payments.filter((_, index) => statuses[index] === 202);
  }
}

/** Status of each payment of a batch: the request's own where it failed as a whole. */
function batchStatuses(status: number, body: string, count: number): number[] {
  if (status !== 200) {
    return new Array<number>(count).fill(status);
  }
  const { items } = JSON.parse(body) as { items: { status: number }[] };
  if (items.length !== count) {
    throw new Error(`the API answered ${items.length} items for a batch of ${count}`);
  }
  return items.map((item) => item.status);
}

export function sentPayment(payment: ClientPayment): SentPayment {
  const { method, ...rest } = payment;
  return { ...rest, token: method?.token };
}
