import type { ApiAnswer, ApiClient } from './api-client';
import type { OutcomeSender } from './outcome-channel';
import type { SentPayment } from './outcome';
import type { ClientPayment } from './payment-mix';

/** A payment may leave this long after it was due before it counts as late. */
const LATE_AFTER_MILLISECONDS = 100;

/** What a client makes of the answer to one request. */
export interface PostedPayments {
  readonly acknowledged: readonly ClientPayment[];
  /** Without an answer, or refused for now: the client sends them again later. */
  readonly repeatable: readonly ClientPayment[];
  /** How long the answer asks the client to wait. */
  readonly retryAfterSeconds?: number;
}

/** Sends payments of one request, due at a time in milliseconds since 1970. */
export interface PaymentSender {
  post(payments: readonly ClientPayment[], scheduledAt: number): Promise<PostedPayments>;
}

/** Posts payments the way a client does, and reports what became of each. */
export class Poster implements PaymentSender {
  private next = 0;

  constructor(
    private readonly clients: readonly Pick<ApiClient, 'post'>[],
    private readonly outcomes: Pick<OutcomeSender, 'send'>,
  ) {}

  /** Posts one request and reports the outcome of each of its payments. One payment is posted alone, more as a batch. */
  async post(payments: readonly ClientPayment[], scheduledAt: number): Promise<PostedPayments> {
    const client = this.clients[this.next++ % this.clients.length];
    const isLate = Date.now() - scheduledAt > LATE_AFTER_MILLISECONDS;
    const single = payments.length === 1;
    const body = Buffer.from(JSON.stringify(single ? payments[0] : { payments }));
    const answer = await client.post(single ? '/payments' : '/payments:batch', body);
    const answeredAt = Date.now();
    const statuses = single ? [answer.status] : batchStatuses(answer, payments.length);
    payments.forEach((payment, index) =>
      this.outcomes.send({ payment: sentPayment(payment), status: statuses[index], scheduledAt, answeredAt, late: isLate }),
    );
    return {
      acknowledged: payments.filter((_, index) => statuses[index] === 202),
      repeatable: payments.filter((_, index) => isRepeatable(statuses[index])),
      retryAfterSeconds: answer.retryAfterSeconds,
    };
  }
}

/** Whether the same request may succeed a moment later: nothing came back, or the server says that it could not for now. */
function isRepeatable(status: number): boolean {
  return status === 0 || status === 429 || status >= 500;
}

/** Status of each payment of a batch: the request's own where it failed as a whole. */
function batchStatuses({ status, body }: ApiAnswer, count: number): number[] {
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
