import type { DeliveredEvent } from '../runtime/events/delivered-event';
import { ForbiddenAddressError, type OutgoingClient } from '../runtime/http/outgoing';
import { signWebhook } from '../runtime/security/webhook-signature';
import type { WebhookEndpoint } from './endpoints';

/** What became of a delivery. */
export type DeliveryOutcome =
  | 'delivered'
  /** It may be taken later. */
  | 'failed'
  /** It will never be taken: the endpoint says that it is gone, or must not be called. */
  | 'dropped';

/**
 * Tells a merchant's endpoint of an event, signed as Standard Webhooks asks: `webhook-id` names the event, whose repetition the merchant
 * knows by it, and `webhook-signature` is an HMAC with SHA-256 over id, time and body. Never throws.
 *
 * @param now in milliseconds since 1970
 */
export async function deliverWebhook(
  client: OutgoingClient, { url, secrets }: WebhookEndpoint, event: DeliveredEvent, now: number, timeoutMilliseconds: number,
): Promise<DeliveryOutcome> {
  if (secrets.length === 0) {
    // Without a signature the merchant could not tell it from anybody's.
    return 'dropped';
  }
  const { type, occurredAt, id, ...data } = event;
  const body = JSON.stringify({ type, timestamp: new Date(occurredAt).toISOString(), data });
  try {
    const { statusCode } = await client.send({
      method: 'POST', url, body, timeoutMilliseconds,
      headers: { 'content-type': 'application/json', ...signWebhook(id, Math.floor(now / 1_000), body, secrets) },
    });
    if (statusCode >= 200 && statusCode < 300) {
      return 'delivered';
    }
    return statusCode === 410 ? 'dropped' : 'failed';
  } catch (error) {
    return error instanceof ForbiddenAddressError ? 'dropped' : 'failed';
  }
}
