import type { DomainEvent } from './domain-events';

/** A domain event as a queue behind the bus delivers it. */
export interface DeliveredEvent extends Omit<DomainEvent, 'type'> {
  /** What names the event: one that is delivered twice, or was published twice, has the same. */
  readonly id: string;
  /** Type of the event. One that this version does not know is passed on as it is. */
  readonly type: string;
}

/** A message that is no domain event. */
export class UnreadableEventError extends Error {
  public constructor(what: string) {
    super(`the message is no domain event: ${what}`);
    this.name = 'UnreadableEventError';
  }
}

/**
 * Reads an event in the envelope of Amazon EventBridge, as a rule without an input transformer sends it to a queue.
 *
 * @throws UnreadableEventError
 */
export function readDeliveredEvent(body: string): DeliveredEvent {
  let envelope: { 'detail-type'?: unknown; 'detail'?: unknown } | null;
  try {
    envelope = JSON.parse(body) as typeof envelope;
  } catch {
    throw new UnreadableEventError('it is not JSON');
  }
  const type = envelope?.['detail-type'];
  const detail = envelope?.detail as Partial<Record<keyof DeliveredEvent, unknown>> | null | undefined;
  const { id, merchantId, idempotencyKey, amount, currency, reason, occurredAt } = detail ?? {};
  if (typeof type !== 'string' || typeof id !== 'string' || typeof merchantId !== 'string' || typeof idempotencyKey !== 'string'
    || typeof amount !== 'number' || typeof currency !== 'string' || typeof occurredAt !== 'number') {
    throw new UnreadableEventError('it lacks its type, id, merchant, key, amount, currency or time');
  }
  return { id, type, merchantId, idempotencyKey, amount, currency, occurredAt, ...(typeof reason === 'string' ? { reason } : undefined) };
}
