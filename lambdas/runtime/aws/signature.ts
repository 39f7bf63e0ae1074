import { createHmac, hash } from 'node:crypto';
import type { Credentials } from './credentials';

/** What Signature Version 4 covers. Header names are lower case and hold everything that shall be signed, `host` included. */
export interface SignableRequest {
  readonly method: string;
  /** Path as it goes over the wire: already encoded, at least `/`. */
  readonly path: string;
  /** Canonical query string: encoded and sorted. @default - none */
  readonly query?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** An address to be signed: whoever has it may make this one request until it expires. */
export interface SignableAddress {
  readonly host: string;
  /** Already encoded, at least `/`. */
  readonly path: string;
  /** Parameters of the query, as they are. */
  readonly parameters: Readonly<Record<string, string>>;
}

/**
 * Signs requests with AWS Signature Version 4 (algorithm `AWS4-HMAC-SHA256`).
 *
 * The signing key depends only on the day and the secret, so it is kept: four of the five HMACs of a signature are paid once a day.
 */
export class RequestSigner {
  private signingKey: Buffer = Buffer.alloc(0);
  private signingKeyDate = '';
  private signingKeySecret = '';

  public constructor(private readonly service: string, private readonly region: string) {}

  /**
   * The value of the `authorization` header. `headers` must already hold `x-amz-date` and, with temporary
   * credentials, `x-amz-security-token`.
   */
  public authorization(request: SignableRequest, credentials: Credentials): string {
    const names = Object.keys(request.headers).sort();
    let canonicalHeaders = '';
    for (const name of names) {
      canonicalHeaders += `${name}:${request.headers[name].trim().replace(/ {2,}/g, ' ')}\n`;
    }
    const signedHeaders = names.join(';');
    const canonicalRequest =
      `${request.method}\n${request.path}\n${request.query ?? ''}\n${canonicalHeaders}\n${signedHeaders}\n${hash('sha256', request.body)}`;
    const timestamp = request.headers['x-amz-date'];
    const signature = this.signature(canonicalRequest, timestamp, credentials);
    return `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${this.scope(timestamp)}, SignedHeaders=${signedHeaders}, Signature=${signature}`;
  }

  /**
   * The query of an address for one GET without a body, signature included.
   *
   * @param timestamp from when on it is valid, in the format of `x-amz-date`
   * @param seconds for how long it is
   */
  public presignedQuery({ host, path, parameters }: SignableAddress, credentials: Credentials, timestamp: string, seconds: number): string {
    const query = canonicalQuery({
      ...parameters,
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Credential': `${credentials.accessKeyId}/${this.scope(timestamp)}`,
      'X-Amz-Date': timestamp,
      'X-Amz-Expires': String(seconds),
      'X-Amz-SignedHeaders': 'host',
      ...(credentials.sessionToken ? { 'X-Amz-Security-Token': credentials.sessionToken } : undefined),
    });
    const canonicalRequest = `GET\n${path}\n${query}\nhost:${host}\n\nhost\n${hash('sha256', '')}`;
    return `${query}&X-Amz-Signature=${this.signature(canonicalRequest, timestamp, credentials)}`;
  }

  private scope(timestamp: string): string {
    return `${timestamp.slice(0, 8)}/${this.region}/${this.service}/aws4_request`;
  }

  private signature(canonicalRequest: string, timestamp: string, credentials: Credentials): string {
    const stringToSign = `AWS4-HMAC-SHA256\n${timestamp}\n${this.scope(timestamp)}\n${hash('sha256', canonicalRequest)}`;
    return createHmac('sha256', this.keyFor(timestamp.slice(0, 8), credentials.secretAccessKey)).update(stringToSign).digest('hex');
  }

  private keyFor(date: string, secret: string): Buffer {
    if (date !== this.signingKeyDate || secret !== this.signingKeySecret) {
      const dateKey = hmac(`AWS4${secret}`, date);
      this.signingKey = hmac(hmac(hmac(dateKey, this.region), this.service), 'aws4_request');
      this.signingKeyDate = date;
      this.signingKeySecret = secret;
    }
    return this.signingKey;
  }
}

/** `20301231T235959Z`: the time format of `x-amz-date`. */
export function amzDate(milliseconds: number): string {
  const iso = new Date(milliseconds).toISOString();
  return `${iso.slice(0, 4)}${iso.slice(5, 7)}${iso.slice(8, 13)}${iso.slice(14, 16)}${iso.slice(17, 19)}Z`;
}

/** Parameters in the order of their encoded names, encoded as RFC 3986 has it. */
function canonicalQuery(parameters: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(parameters).map(([name, value]) => [encoded(name), encoded(value)] as const);
  return pairs.sort(([left], [right]) => (left < right ? -1 : 1)).map(([name, value]) => `${name}=${value}`).join('&');
}

function encoded(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

function hmac(key: string | Buffer, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}
