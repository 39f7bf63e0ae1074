import { createHmac, hash } from 'node:crypto';
import type { Credentials } from '../runtime/aws/credentials';

const SERVICE = 'cassandra';
const ALGORITHM = 'AWS4-HMAC-SHA256';
const SECONDS = 900;

/** First answer to Keyspaces: the name of the mechanism, with an empty authorization identity. */
export const SIGV4_MECHANISM = Buffer.from('SigV4\0\0', 'utf8');

/** @returns the nonce of a challenge (`nonce=…`, other members behind commas); undefined where there is none */
export function nonceOf(challenge: Buffer): string | undefined {
  return /(?:^|,)nonce=([^,]+)/.exec(challenge.toString('utf8'))?.[1];
}

/**
 * The answer to a challenge of Amazon Keyspaces: a Signature Version 4 over a request that is never sent, with the hash of the nonce as its body.
 *
 * Unlike elsewhere, the time is written as ISO 8601 has it, with dashes, colons and milliseconds.
 *
 * @param now in milliseconds since 1970
 */
export function challengeResponse(nonce: string, credentials: Credentials, region: string, now: number): string {
  const time = new Date(now).toISOString();
  const date = time.slice(0, 'yyyy-mm-dd'.length).replaceAll('-', '');
  const scope = `${date}/${region}/${SERVICE}/aws4_request`;
  const query = [
    `X-Amz-Algorithm=${ALGORITHM}`,
    `X-Amz-Credential=${encodeURIComponent(`${credentials.accessKeyId}/${scope}`)}`,
    `X-Amz-Date=${encodeURIComponent(time)}`,
    `X-Amz-Expires=${SECONDS}`,
  ].sort().join('&');
  const request = `PUT\n/authenticate\n${query}\nhost:${SERVICE}\n\nhost\n${hash('sha256', nonce)}`;
  const key = [date, region, SERVICE, 'aws4_request'].reduce<string | Buffer>((before, part) => hmac(before, part), `AWS4${credentials.secretAccessKey}`);
  const signature = createHmac('sha256', key).update(`${ALGORITHM}\n${time}\n${scope}\n${hash('sha256', request)}`).digest('hex');
  const token = credentials.sessionToken ? `,session_token=${credentials.sessionToken}` : '';
  return `signature=${signature},access_key=${credentials.accessKeyId},amzdate=${time}${token}`;
}

function hmac(key: string | Buffer, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}
