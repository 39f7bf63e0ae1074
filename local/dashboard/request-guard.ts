import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Names under which this machine reaches itself. */
const LOOPBACK_NAMES = ['127.0.0.1', 'localhost'];

/** Why a request is not answered: a status and a sentence. */
export interface Refusal {
  readonly status: number;
  readonly message: string;
}

/**
 * Whether a request may come from the page itself.
 *
 * A name that an attacker points at 127.0.0.1 arrives with that name as Host; another site's request arrives with its own Origin. The port is
 * not compared, so that the page works through a forwarded port.
 *
 * @returns why not, or nothing.
 */
export function refusal(request: IncomingMessage): Refusal | undefined {
  const host = request.headers.host ?? '';
  if (!LOOPBACK_NAMES.includes(host.replace(/:\d+$/, ''))) {
    return { status: 403, message: 'This page is only for this machine: its address begins with http://127.0.0.1.' };
  }
  const { origin } = request.headers;
  if ((origin !== undefined && origin !== `http://${host}`) || isFromElsewhere(request)) {
    return { status: 403, message: 'Requests of other sites are not answered.' };
  }
  return undefined;
}

/** Whether the browser says that another site asks. A link that leads here from elsewhere is no such request: it carries the secret. */
function isFromElsewhere({ headers, method }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site'];
  const isLink = method === 'GET' && headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  return site !== undefined && site !== 'same-origin' && site !== 'none' && !isLink;
}

/** Compares without telling by its time how much was right. */
export function isSecret(text: string, secret: string): boolean {
  const given = Buffer.from(text);
  const expected = Buffer.from(secret);
  return given.length === expected.length && timingSafeEqual(given, expected);
}
