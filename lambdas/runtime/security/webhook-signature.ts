import { createHmac } from 'node:crypto';
import { sameText } from './constant-time';

/** The headers by which a webhook proves who sent it and when. */
export interface WebhookHeaders {
  readonly 'webhook-id': string;
  /** Seconds since 1970. */
  readonly 'webhook-timestamp': string;
  /** A signature for each key, separated by spaces. */
  readonly 'webhook-signature': string;
}

/** How far the time of a webhook may be from now, in seconds. Source: the libraries of www.standardwebhooks.com. */
const TOLERANCE_SECONDS = 300;
const VERSION = 'v1,';
const TIMESTAMP = /^(0|[1-9]\d{0,14})$/;

/**
 * Signs a webhook as Standard Webhooks asks: an HMAC with SHA-256 over id, time and body. Source: www.standardwebhooks.com.
 *
 * @param id names the event; the same for each delivery of it
 * @param seconds when it is sent, in seconds since 1970
 * @param secrets keys of the receiver; while it changes its key there are two, and both sign
 */
export function signWebhook(id: string, seconds: number, body: string, secrets: readonly Buffer[]): WebhookHeaders {
  return {
    'webhook-id': id,
    'webhook-timestamp': String(seconds),
    'webhook-signature': secrets.map((secret) => VERSION + signatureOf(id, String(seconds), body, secret)).join(' '),
  };
}

/**
 * Whether a webhook was signed with one of the receiver's keys, and not long ago.
 *
 * @param now in milliseconds since 1970
 * @param toleranceSeconds how far the time of the webhook may be from now. @default 300
 */
export function verifyWebhook(
  headers: WebhookHeaders, body: string, secrets: readonly Buffer[], now: number, toleranceSeconds = TOLERANCE_SECONDS,
): boolean {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures } = headers;
  if (!TIMESTAMP.test(timestamp) || Math.abs(now / 1_000 - Number(timestamp)) > toleranceSeconds) {
    return false;
  }
  const expected = secrets.map((secret) => VERSION + signatureOf(id, timestamp, body, secret));
  return signatures.split(' ').some((signature) => expected.some((other) => sameText(signature, other)));
}

function signatureOf(id: string, timestamp: string, body: string, secret: Buffer): string {
  return createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64');
}
