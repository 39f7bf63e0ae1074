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
  readonly body: string | Buffer;
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
    const date = timestamp.slice(0, 8);
    const scope = `${date}/${this.region}/${this.service}/aws4_request`;
    const stringToSign = `AWS4-HMAC-SHA256\n${timestamp}\n${scope}\n${hash('sha256', canonicalRequest)}`;
    const signature = createHmac('sha256', this.keyFor(date, credentials.secretAccessKey)).update(stringToSign).digest('hex');
    return `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${signedHeaders}, Signature=${signature}`;
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

function hmac(key: string | Buffer, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}
