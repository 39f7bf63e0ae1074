import type { ApiClient } from './api-client';
import { batchStatuses } from './batch-answer';
import type { OutcomeSender } from './outcome-channel';
import { type ClientEntry, isClientPayment, movementRequest } from './client-movement';
import type { Outcome, SentPayment } from './outcome';
import type { ClientPayment } from './payment-mix';

/** A payment may leave this long after it was due before it counts as late. */
const LATE_AFTER_MILLISECONDS = 100;

/** What a client makes of the answer to one request. */
export interface Posted<Entry extends ClientEntry = ClientEntry> {
  readonly acknowledged: readonly Entry[];
  /** Without an answer, or refused for now: the client sends them again later. */
  readonly repeatable: readonly Entry[];
  /** How long the answer asks the client to wait. */
  readonly retryAfterSeconds?: number;
}

/** Sends the payments of one request, or one movement, due at a time in milliseconds since 1970. */
export interface PaymentSender {
  post<Entry extends ClientEntry>(entries: readonly Entry[], scheduledAt: number): Promise<Posted<Entry>>;
}

/** Posts payments and movements the way a client does, and reports what became of each. */
export class Poster implements PaymentSender {
  private next = 0;

  constructor(
    private readonly clients: readonly Pick<ApiClient, 'post'>[],
    private readonly outcomes: Pick<OutcomeSender, 'send'>,
  ) {}

  /** Posts one request and reports the outcome of each of its entries. One payment or movement is posted alone, more payments as a batch. */
  async post<Entry extends ClientEntry>(entries: readonly Entry[], scheduledAt: number): Promise<Posted<Entry>> {
    const client = this.clients[this.next++ % this.clients.length];
    const isLate = Date.now() - scheduledAt > LATE_AFTER_MILLISECONDS;
    const single = entries.length === 1;
    const { path, body } = requestOf(entries);
    const answer = await client.post(path, JSON.stringify(body));
    const answeredAt = Date.now();
    const statuses = single ? [answer.status] : batchStatuses(answer, entries.length);
    const acknowledged: Entry[] = [];
    const repeatable: Entry[] = [];
    entries.forEach((entry, index) => {
      const status = statuses[index];
      this.outcomes.send(outcomeOf(entry, status, scheduledAt, answeredAt, isLate));
      if (status === 202) {
        acknowledged.push(entry);
      } else if (isRepeatable(status)) {
        repeatable.push(entry);
      }
    });
    return { acknowledged, repeatable, retryAfterSeconds: answer.retryAfterSeconds };
  }
}

function requestOf(entries: readonly ClientEntry[]): { readonly path: string; readonly body: object } {
  const [first] = entries;
  if (entries.length > 1) {
    return { path: '/payments:batch', body: { payments: entries } };
  }
  return isClientPayment(first) ? { path: '/payments', body: first } : movementRequest(first);
}

function outcomeOf(entry: ClientEntry, status: number, scheduledAt: number, answeredAt: number, late: boolean): Outcome {
  if (isClientPayment(entry)) {
    return { payment: sentPayment(entry), status, scheduledAt, answeredAt, late };
  }
  const { merchantId, idempotencyKey, amount, currency, type, holdOf, reason } = entry;
  return type === 'payout'
    ? { payout: { merchantId, idempotencyKey, amount, currency }, status, scheduledAt, answeredAt, late }
    : { movement: { merchantId, idempotencyKey, amount, currency, type, holdOf, reason }, status, scheduledAt, answeredAt, late };
}

/** Whether the same request may succeed a moment later: nothing came back, or the server says that it could not for now. */
function isRepeatable(status: number): boolean {
  return status === 0 || status === 429 || status >= 500;
}

export function sentPayment({ merchantId, idempotencyKey, payerId, amount, currency, type, refundOf, method }: ClientPayment): SentPayment {
  return { merchantId, idempotencyKey, payerId, amount, currency, type, refundOf, token: method?.token };
}
